# Each command makes its own set-up; it costs a moment when nothing has changed.
PYTHON ?= python3
SCALE ?=
ONLY ?=
ARGS ?=

.DEFAULT_GOAL := run
.PHONY: setup run services test lint check prove bench seed map compose

setup: ## everything: packages, front-end files, a browser for the tests
	@$(PYTHON) .ci/setup.py dev

run: ## the whole desk on this machine; Ctrl-C stops it
	@$(PYTHON) .ci/setup.py
	@exec .venv/bin/msp run

services: ## PostgreSQL and Redis alone
	@$(PYTHON) .ci/setup.py
	@exec .venv/bin/msp services

test: setup ## the tests; ARGS go to pytest
	@exec .venv/bin/msp test $(ARGS)

lint: setup ## what a machine can say about the code
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

check: lint test ## all that must hold before a change goes in

prove: setup ## the figures at full size (up to two hours); ONLY=4 for one of them
	@exec .venv/bin/msp prove $(if $(ONLY),--only $(ONLY))

bench: setup ## how fast the hot places are
	@exec .venv/bin/msp bench

seed: setup ## an example in an empty desk; SCALE=100000 adds so many tickets to measure with
	@exec .venv/bin/msp seed $(if $(SCALE),--scale $(SCALE))

map: setup ## write the map of the modules into ARCHITECTURE.md
	@exec .venv/bin/msp map

compose: ## the same desk in containers
	@$(PYTHON) .ci/compose_env.py
	@exec docker compose --env-file var/compose.env up --build
