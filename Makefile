# `make play` opens the game, `make test` runs every test. Both set up .venv first.

PYTHON ?= python3
BIN := .venv/bin
# Tests run in one process per core, two at the least.
JOBS ?= auto

.PHONY: play test lint format check snapshots pictures bench wheel clean

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

# Times, beside what they are measured against.
bench: .venv/ready-dev
	$(BIN)/python tests/bench/probes.py

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
