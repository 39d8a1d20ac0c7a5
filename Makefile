# Collis. One line a verb; `make help` lists them. Stamps under .venv make a second run quick.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PY     := .venv/bin/python
PIP    := $(PY) -m pip --disable-pip-version-check install --quiet --root-user-action=ignore
CACHE  := .venv/.cache

.DEFAULT_GOAL := help
.PHONY: demo test check fix studies bench calibrate docs locks help

demo: .venv/.stamp-run           ## set up and plan the first example into build/
	@.venv/bin/collis plan examples/torticaput-left.case.toml --out build

test: .venv/.stamp-dev .venv/.stamp-system ## set up what tests need and run them all
	@$(PY) -m pytest --cov

check: .venv/.stamp-dev          ## lint, layout, types, the import ladder, locks, measured records; writes nothing
	@$(PY) -m tools.check

fix: .venv/.stamp-dev            ## mend what lint and layout can mend by themselves
	@.venv/bin/ruff check --fix . ; .venv/bin/ruff format .

studies: .venv/.stamp-dev        ## run the studies (NAME=... for one) and record what they measured
	@$(if $(PATIENTS),COLLIS_PATIENTS=$(PATIENTS) )$(PY) -m studies $(NAME)

bench: .venv/.stamp-dev          ## time the program (NAME=... for one) and record it
	@$(PY) -m benchmarks $(NAME)

calibrate: .venv/.stamp-dev      ## fit the response and harm models anew (PATIENTS=rows.csv adds single patients)
	@$(PY) -m tools.calibrate_harms
	@$(PY) -m tools.calibrate $(if $(PATIENTS),--patients $(PATIENTS))

docs: .venv/.stamp-docs          ## build the site into build/site/
	@$(PY) -m sphinx --quiet -W --keep-going -b html -d $(CACHE)/doctrees docs build/site && echo "build/site/index.html"

locks: .venv/.stamp-dev          ## compile requirements/*.txt anew from pyproject.toml (UPGRADE=1 takes newer versions)
	@$(PY) -m tools.locks $(if $(UPGRADE),--upgrade)

help:                            ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /|/' | while IFS='|' read -r v t; do printf '  make %-9s%s\n' "$$v" "$$t"; done

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Collis needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv .venv

.venv/.stamp-run: requirements/run.txt pyproject.toml | .venv/bin/python
	@echo "setting up .venv from requirements/run.txt"
	@$(PIP) --require-hashes -r requirements/run.txt
	@$(PIP) --no-deps --no-index --no-build-isolation --editable .
	@$(PY) -m compileall -q src || true
	@touch $@

.venv/.stamp-system: tools/system.sh | .venv/bin/python
	@sh tools/system.sh
	@touch $@

.venv/.stamp-%: requirements/%.txt .venv/.stamp-run
	@echo "setting up what requirements/$*.txt adds"
	@$(PIP) --require-hashes -r requirements/$*.txt
	@touch $@
