# Two commands: `make run` shows ha-bridge at work, `make test` proves it. Each sets up what it needs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DURATION ?=

.PHONY: run test lint bench unit system chaos coverage python314 servers clean

run: $(VENV)/run.stamp
	$(BIN)/ha-bridge demo $(if $(DURATION),--duration $(DURATION))

test: lint unit python314 system coverage

lint: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --config setup.cfg

# The coverage of each run is put aside until `coverage` takes them together, under a name that the next run does not erase.
unit: $(VENV)/dev.stamp
	$(BIN)/coverage erase
	$(BIN)/pytest tests --ignore tests/system --ignore tests/chaos -n 2 --cov --cov-report=
	mv .coverage .coverage-unit

# Each file has its servers to itself, for which it mostly waits; the longest test is first, so that the others do the rest meanwhile.
system: $(VENV)/dev.stamp servers
	$(BIN)/pytest tests/chaos tests/system -n 3 --dist loadfile --no-loadscope-reorder --cov --cov-report=
	mv .coverage .coverage-system

# Breaks everything for CHAOS_MINUTES, by the schedule of CHAOS_SEED (0 draws one).
CHAOS_MINUTES ?= 20
CHAOS_SEED ?= 0
chaos: $(VENV)/dev.stamp servers
	$(BIN)/python -m tests.chaos --minutes $(CHAOS_MINUTES) $(if $(filter-out 0,$(CHAOS_SEED)),--seed $(CHAOS_SEED))

# Branch coverage of both test runs together: the domain whole, everything at least 90 %.
coverage:
	$(BIN)/coverage combine .coverage-unit .coverage-system
	$(BIN)/coverage report --fail-under 90
	$(BIN)/coverage report --include 'ha_bridge/domain/*' --fail-under 100

# The unit tests on the newest Python that Home Assistant runs on.
python314: servers
	scripts/python314.sh

# Real servers for the system tests: Debian's packages, and two versions of Home Assistant from PyPI.
servers:
	scripts/servers.sh

bench: $(VENV)/dev.stamp
	for each in line_protocol hass_frames topics stages rules idle pipeline; do $(BIN)/python -m benchmarks.$$each || exit 1; done

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV) || { echo "Python 3.11 or newer with venv is needed: apt-get install python3-venv"; exit 1; }

$(VENV)/run.stamp: setup.cfg pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --editable .
	touch $@

$(VENV)/dev.stamp: setup.cfg pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --editable '.[dev]'
	touch $@ $(VENV)/run.stamp

clean:
	rm -rf $(VENV) .servers build dist *.egg-info
