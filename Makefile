# Everything a person does with this repository. `make` alone says what there is.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test quick lint bench format lock upgrade hooks clean

VENV := .venv
BIN := $(VENV)/bin
# pip says only what went wrong: a long list of installed packages hides the one line that matters.
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -qq
DEMO := web-fleet

help:  ## this list
	@echo "rollsim: what would each rollout strategy cost? Targets:"
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

demo: setup  ## compare the strategies of a shipped scenario and write the report
	$(BIN)/rollsim compare scenarios/$(DEMO).yaml --out reports/$(DEMO)
	@echo
	@echo "The report: $(CURDIR)/reports/$(DEMO)/report.html"

test: lint  ## everything that must hold: lint, types, import direction, tests, doctests, notebooks, documents
	$(BIN)/python -m pytest -n 2 --doctest-modules simulator tests
	$(if $(wildcard simulator/docs.py simulator/docs/__main__.py),$(BIN)/python -m simulator.docs --check)

quick: lint  ## the same without the slow tests
	$(BIN)/python -m pytest -n 2 --doctest-modules -m "not slow" simulator tests

lint: setup  ## lint, format, types and import direction alone
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup  ## run the benchmarks, which print ratios taken within one run
	@for script in $(filter-out benchmarks/_%,$(wildcard benchmarks/*.py)); do \
	  echo "== $$script"; $(BIN)/python $$script || exit 1; \
	done

format: setup  ## put the code into its one shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

hooks: setup  ## check each commit before it is made
	$(BIN)/pre-commit install

clean:  ## back to a fresh clone; your reports stay
	rm -rf $(VENV) build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find simulator tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# ---------------------------------------------------------------------------------------------- the environment

# An environment whose Python is gone (an upgrade of the system does that) is made anew.
$(shell $(BIN)/python -c '' 2>/dev/null || rm -f $(VENV)/.dependencies)

# Two stamps: a new lock installs everything again, a new pyproject.toml only the package itself.
setup: $(VENV)/.package

$(VENV)/.package: $(VENV)/.dependencies pyproject.toml
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dependencies: requirements.lock
	@$(MAKE) -s --no-print-directory $(BIN)/python
	@echo "Installing what requirements.lock names into $(VENV); the first time takes a minute or two."
	@$(PIP) install --require-hashes -r requirements.lock
	@touch $@

# The first name that is Python 3.11 or newer and can make an environment; PYTHON=... names one outright.
CANDIDATES := $(or $(PYTHON),python3.13 python3.12 python3.11 python3 python)

$(BIN)/python:
	@found=; \
	for name in $(CANDIDATES); do \
	  command -v $$name >/dev/null 2>&1 || continue; \
	  version=$$($$name -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue; \
	  found="$$found $$name ($$version)"; \
	  $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' || continue; \
	  if ! $$name -c 'import ensurepip, venv' 2>/dev/null; then found="$$found, without venv;"; continue; fi; \
	  exec $$name -m venv --clear $(VENV); \
	done; \
	echo "rollsim needs Python 3.11 or newer with its venv module. Found:$${found:- none of $(CANDIDATES)}." >&2; \
	echo "Debian and Ubuntu: apt-get install python3 python3-venv. Or name another: make setup PYTHON=/path/to/python3.12" >&2; \
	exit 1

# ---------------------------------------------------------------------------------------------- the lock

# Made with the oldest supported Python, so that every version in it runs on all of them. No index, link or path is
# written into it: where packages come from is the business of the machine that installs them.
LOCK = CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --extra dev --generate-hashes --allow-unsafe \
  --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options \
  --output-file requirements.lock pyproject.toml

lock: oldest  ## write requirements.lock for the dependencies of pyproject.toml, keeping what is pinned
	$(LOCK)

upgrade: oldest  ## write requirements.lock with the newest versions
	$(LOCK) --upgrade

.PHONY: oldest
oldest: setup
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
	  || { echo "The lock is made with Python 3.11: make clean, then make lock PYTHON=python3.11" >&2; exit 1; }
