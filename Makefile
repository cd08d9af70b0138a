# Koppel: `make run` and `make test` are all that a fresh machine needs; `make help` lists the rest.

PYTHON      ?= python3
PORT        ?= 8000
KOPPEL_DATA ?= ./var
SENDS       ?= 1000
ROUNDS      ?= 5
MEASURES    ?=
DATABASE    ?= sqlite
SIZES       ?=
WORKERS     ?= 2
WEEKS       ?= 500
VENV        := .venv
BIN         := $(VENV)/bin
PIP         := $(BIN)/python -m pip --disable-pip-version-check
INSTALLED   := $(VENV)/.installed
# uv does in seconds what takes pip half a minute. It does not read pip's settings: who gave pip an index keeps pip.
QUICKLY      = ! $(PIP) config list | grep -q '[.]index-url=' \
               && awk '/^[a-z]/ { on = /^uv==/ } on' constraints.txt > $(VENV)/uv.txt \
               && $(PIP) install -qq --require-hashes -r $(VENV)/uv.txt 2>/dev/null \
               && $(BIN)/uv pip install -q --python $(BIN)/python --compile-bytecode --require-hashes -r constraints.txt 2>/dev/null
FRAGMENTS   := $(wildcard webapp/translations/*/*.po)

# Some machines say that Python is to keep no bytecode: then every process compiles every module again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test axe check format catalogues chaos bench floor lock clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: $(INSTALLED)  ## start everything on this machine (PORT=8000 KOPPEL_DATA=./var); Ctrl-C stops it
	@exec env PORT="$(PORT)" KOPPEL_DATA="$(KOPPEL_DATA)" $(BIN)/koppel up --stop-with $$PPID

test: $(INSTALLED)  ## run every test, on SQLite and on PostgreSQL (WORKERS=2 WEEKS=500; REQUIRE_BROWSER=1: a missing Chromium is an error)
	@echo "== Every test on SQLite, and beside them those that touch the database on PostgreSQL"
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --weeks $(WEEKS) --database both
	@command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null \
	  || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
	  || echo "== SKIPPED: the browser tests. No Chromium was found; install one, or set REQUIRE_BROWSER=1 to fail here."

axe: $(INSTALLED)  ## let axe judge every page in both themes, three languages and three widths (AXE_SHARD=1/6: a sixth of them)
	@REQUIRE_BROWSER=1 AXE=every $(BIN)/python -m pytest -n 0 -q --database sqlite tests/browser/test_accessibility.py

check: $(INSTALLED)  ## format, lint, types, import contracts, templates
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet templates

format: $(INSTALLED)  ## put the code into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

catalogues: $(INSTALLED)  ## compile the translations, and copy htmx and the icons to where they are served from
	$(BIN)/python hatch_build.py

chaos: $(INSTALLED)  ## prove exactly once: kill workers, break the way, simulate weeks (SENDS=1000)
	$(BIN)/python -m tests.chaos all --sends $(SENDS)
	$(BIN)/python -m tests.proof.simulation --seeds 500
	$(BIN)/python -m tests.proof.mutants
	$(BIN)/python -m tests.proof.concurrency
	$(BIN)/python -m tests.proof.thirty_days
	$(BIN)/python -m tests.proof.matching --seeds 60
	$(BIN)/python -m tests.proof.ledger --operations 100000
	$(BIN)/python -m tests.proof.steady --minutes 60

bench: $(VENV)/.bench  ## measure: the product beside its peers, in turn (MEASURES="idle-streams" ROUNDS=5 DATABASE=both SIZES="10000 100000")
	$(BIN)/python -m tests.bench $(MEASURES) --rounds $(ROUNDS) --database $(DATABASE) $(SIZES:%=--size %)

floor: $(INSTALLED)  ## measure what is steady, small; fail where it falls below 80 % of its goal
	$(BIN)/python -m tests.bench.floor

lock: $(INSTALLED)  ## pin the newest versions that fit pyproject.toml in constraints.txt
	$(BIN)/uv --no-config pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url --no-annotate --extra dev pyproject.toml -o constraints.txt

$(VENV)/.bench: $(INSTALLED)
	@$(PIP) install -qq --no-build-isolation -e '.[bench]'
	@touch $@

clean:  ## remove what was installed and built; the data folder stays
	rm -rf $(VENV) static/vendor build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find webapp/translations -name '*.mo' -delete
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "Koppel needs Python 3.11 or newer; no $(PYTHON) was found." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Koppel needs Python 3.11 or newer; $(PYTHON) is `$(PYTHON) -V 2>&1`. Choose another: make run PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "Koppel needs Python's venv module; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.requirements: constraints.txt | $(BIN)/python
	@echo "Installing what Koppel needs (once; less than a minute) ..."
	@$(QUICKLY) || $(PIP) install -qq --require-hashes -r constraints.txt
	@touch $@

$(INSTALLED): $(VENV)/.requirements pyproject.toml hatch_build.py $(FRAGMENTS)
	@$(PIP) install -qq --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q webapp  # once here, and not by each of the processes that begin together
	@touch $@
