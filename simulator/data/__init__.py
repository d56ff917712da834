"""The product's own data files: dated prices and default priors, each row with its source."""
