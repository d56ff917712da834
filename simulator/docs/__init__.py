"""Documents generated from what they are about, so that they cannot disagree with it."""
