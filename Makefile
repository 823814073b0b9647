# Everything a newcomer types. `make` alone lists it.
#
# Locks without index addresses: requirements/run.txt is what runs, requirements/dev.txt is that and what tests it;
# requirements/pip.txt is the pip that installs them.
# WORKERS of the tests are one more than two cores have, since many of them wait for a server.
# A stamp in .venv says which lock stands there, so a second start installs nothing.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3,$(if $(shell $(name) -c \
	'import sys; print((3, 11) <= sys.version_info[:2] < (3, 13) or "")' 2>/dev/null),$(name))))
XIAOHAO_DATA ?= var
PORT ?= 8000
WORKERS ?= 3
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-strip-extras --no-emit-index-url --no-emit-find-links
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help run test test-long check lint bench faults year assets lock

help:
	@sed -n 's/^## //p' Makefile

## make run     start on http://127.0.0.1:8000 with demonstration data (PORT, XIAOHAO_DATA)
run: $(VENV)/.run
	@mkdir -p "$(XIAOHAO_DATA)"
	@XIAOHAO_DATA="$(XIAOHAO_DATA)" exec $(BIN)/xiaohao serve --demo --port "$(PORT)"

## make test    linters, types, import contracts and every test; says what it had to skip and why
test: lint
	@$(BIN)/python -m tests.support.need
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -rs

## make test-long   what takes longer than make test may: rehearsed years, many rounds of faults
test-long: $(VENV)/.dev
	@$(BIN)/python -m tests.support.need
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -m long -rs

## make check   the fast part of it: no browser, no PostgreSQL, nothing slow
check: lint
	$(BIN)/python -m pytest -m "not slow and not long and not browser and not postgres" -rs

lint: $(VENV)/.dev
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --check --quiet
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

## make bench   benchmarks beside their peers, as a table on the screen and under var/bench/
bench: $(VENV)/.dev
	$(BIN)/python -m tests.bench

## make faults  faults on purpose, counted: lost, doubled, stuck (N rounds, SEED); docs/faults.md
faults: $(VENV)/.dev
	@$(BIN)/python -m tests.faults $(if $(N),--rounds $(N)) $(if $(SEED),--seed $(SEED))

## make year    a rehearsed year (DAYS): who was told what on which day, held against the ladder's table
year: $(VENV)/.dev
	@$(BIN)/python -m tests.rehearsal --week $(if $(DAYS),--days $(DAYS))

## make assets  build the vendored browser files again (needs Node)
assets:
	cd web/assets && npm ci --ignore-scripts --no-audit --no-fund && npm run --silent build

## make lock    solve the requirement files again (UPGRADE=--upgrade for newer versions)
lock: $(VENV)/.dev
	$(COMPILE) $(UPGRADE) --group pip --output-file requirements/pip.txt
	$(COMPILE) $(UPGRADE) pyproject.toml --group build --output-file requirements/run.txt
	$(COMPILE) $(UPGRADE) pyproject.toml --group dev --constraints requirements/run.txt --output-file requirements/dev.txt

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "xiaohao needs Python 3.11 or 3.12. On Debian: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "This Python cannot make environments. On Debian: apt-get install python3-venv"; exit 1; }
	@echo "Making $(VENV) with $(PYTHON) ..."
	@$(PYTHON) -m venv $(VENV)
	@echo "Installing the pip that requirements/pip.txt names ..."
	@$(INSTALL) --require-hashes -r requirements/pip.txt || { rm -rf $(VENV); exit 1; }

# A development environment can run as well: what stands in dev.txt is never taken away again.
$(VENV)/.run: $(BIN)/python requirements/run.txt pyproject.toml
	@echo "Installing requirements/run.txt, once; a minute or two ..."
	@$(INSTALL) --require-hashes -r requirements/run.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(BIN)/python requirements/dev.txt pyproject.toml
	@echo "Installing requirements/dev.txt, once; a minute or two ..."
	@$(INSTALL) --require-hashes -r requirements/dev.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $(VENV)/.run $@
