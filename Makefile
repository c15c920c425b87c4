# `make play` opens the game, `make test` runs every test. Both set up .venv first.

PYTHON ?= python3
BIN := .venv/bin
# Tests run in one process per core, two at the least.
JOBS ?= auto

.PHONY: play test lint format check snapshots pictures schema bench mutation repeats seeds wheel clean

play: .venv/ready
	@$(BIN)/tui-debugger

test: .venv/ready-dev
	$(BIN)/pytest -n $(JOBS) --dist loadgroup

lint: .venv/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	cd levels/codebase && ../../$(BIN)/mypy --strict --explicit-package-bases transformer training
	$(BIN)/lint-imports

format: .venv/ready-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Every level starts unsolved, its answer solves it, its probes fire, nothing spoils it.
check: .venv/ready
	$(BIN)/tui-debugger dev check

# After a look at the report: accept the screens as they are now.
snapshots: .venv/ready-dev
	$(BIN)/pytest tests/ui -n $(JOBS) --snapshot-update

# The README's pictures, taken from the game itself.
pictures: .venv/ready
	$(BIN)/python docs/pictures.py

# The schema of exported scores, as it is published.
schema: .venv/ready
	$(BIN)/tui-debugger export --schema > docs/score-schema.json

# Times and memory, beside what they are measured against; fails when a target is missed.
bench: .venv/ready-dev
	$(BIN)/python -m tests.bench.probes
	$(BIN)/python -m tests.bench.targets
	$(BIN)/python -m tests.bench.smooth
	$(BIN)/python -m tests.bench.scores

# The judge put to the test by every small change of the clean codebase: minutes.
mutation: .venv/ready-dev
	$(BIN)/python -m tests.mutation

# Two hundred verdicts for each level, while everything changes that must not matter: minutes.
repeats: .venv/ready-dev
	$(BIN)/python -m tests.lab.judge.repeats

# Probes that train, and every level's contract, on fifty seeds, three sizes, two dtypes: half an hour.
seeds: .venv/ready-dev
	$(BIN)/python -m tests.lab.probes.seeds

wheel: .venv/ready-dev
	$(BIN)/python -m build --wheel

clean:
	rm -rf .venv dist build

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or later is needed; set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/ready: .venv/bin/python pyproject.toml constraints.txt
	@echo "Setting up .venv; torch is large, this takes a minute or two the first time."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

.venv/ready-dev: .venv/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@
