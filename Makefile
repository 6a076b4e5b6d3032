# `make chat` talks, `make test` tests; both set up what they need and can be run again at once.
.DEFAULT_GOAL := help
PYTHON ?= python3
PROFILE ?= embedded
PORT ?= 7860
VENV := .venv
RUN := $(VENV)/bin/python

help: ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/pip: # pip itself, of the version that is pinned
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --upgrade pip
	@touch $@

$(VENV)/base: pyproject.toml constraints.txt $(VENV)/pip
	$(RUN) -m pip install --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

$(VENV)/test: pyproject.toml constraints.txt $(VENV)/pip
	$(RUN) -m pip install --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	@touch $@ $(VENV)/base

setup: $(VENV)/base ## Install the pinned packages into .venv

weights: setup ## Fetch the weights of PROFILE (default: embedded)
	$(RUN) -m tools weights get --profile $(PROFILE)

chat: weights ## Open the chat page on 127.0.0.1:7860
	$(RUN) -m ui --profile $(PROFILE) --port $(PORT)

unexport PYTHONDONTWRITEBYTECODE # the tests start many Pythons: none shall compile all anew

test: $(VENV)/test ## Run the tests on every core (no network, no microphone)
	$(RUN) -m pytest -n auto --maxprocesses 8 --dist worksteal

check: $(VENV)/test ## Format, lint, types, import layers, graph files, examples
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(RUN) -m graphs check graphs/*.yaml
	$(RUN) -m tools examples check

audit: $(VENV)/test ## Look for known vulnerabilities of the packages, and for secrets
	$(RUN) .ci/audit.py

format: $(VENV)/test ## Format the code and mend what ruff can
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

.PHONY: help setup weights chat test check audit format
