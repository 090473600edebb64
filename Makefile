# Two commands do everything on a fresh machine: `make run` and `make test`.

VENV := .venv
BIN := $(VENV)/bin
SAMPLES := samples/config.yaml
DATE := 2022-04-08

# The first Python that is there, works and is supported; PYTHON=/path/to/python3.12 chooses another one.
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
  "$$name" -c '$(SUPPORTED)' 2>/dev/null && echo "$$name" && break; done)

.DEFAULT_GOAL := help
.PHONY: help run serve test check docs bench soak pictures drawings lock clean

help: ## Say what there is
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

run: $(VENV)/.run ## The main job on the bundled samples: collect, compose, approve, render, plan, send, account
	@$(BIN)/digest subscribers import samples/subscribers.csv --list world --config $(SAMPLES)
	@$(BIN)/digest run world --date $(DATE) --config $(SAMPLES)
	@echo
	@echo "Look at it: 'make serve', then http://127.0.0.1:8025. The editor's desk needs an admin; this prints a one-time link:"
	@echo "  $(BIN)/digest people invite you@example.org --role admin --config $(SAMPLES)"

serve: $(VENV)/.run ## The scheduler and the web pages on http://127.0.0.1:8025
	@$(BIN)/digest serve --config $(SAMPLES)

test: $(VENV)/.dev ## Every test that this machine can run; what it lacks is named in the summary
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(VENV)/.dev ## Lint, types and the floors of the house
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

docs: $(VENV)/.dev ## Build the documentation as a site in build/docs; a warning is an error
	@rm -rf build/docs
	$(BIN)/python -m sphinx --builder html --fail-on-warning --keep-going --quiet --jobs 2 --conf-dir docs . build/docs
	@echo "Open build/docs/index.html in a browser; it needs no server and no network."

bench: $(VENV)/.dev ## Measure what docs/benchmarks.md states
	$(BIN)/python -m benchmarks

soak: $(VENV)/.dev ## The long proofs; a short form of each is among the tests
	@# On a RAM disk where there is one: each commit waits for the disk, and what is proven does not depend on it.
	$(BIN)/python -m pytest -m soak -n 2 --dist load $(if $(wildcard /dev/shm),--basetemp=/dev/shm/digest-soak) $(ARGS)

pictures: $(VENV)/.dev ## Draw the pictures of README and docs anew, and in build/pictures every screen of the desk (needs Chromium)
	$(BIN)/python -m tests.pictures

drawings: $(VENV)/.dev ## Draw the Mermaid texts of the docs for the site (needs npm and Chromium)
	npm ci --prefix docs/drawings --no-audit --no-fund --silent
	$(BIN)/python -m tests.drawings

lock: ## Resolve the requirements anew (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-annotate --no-header --quiet --group build --output-file requirements/run.txt
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-annotate --no-header --quiet --group build --extra engine --extra objects --extra ses --extra sentry --constraints requirements/run.txt \
	  --output-file requirements/server.txt
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-annotate --no-header --quiet --group build --group dev --extra docs --constraints requirements/server.txt \
	  --output-file requirements/dev.txt

clean: ## Remove the environment and everything that runs have left behind
	rm -rf $(VENV) build var

$(VENV)/bin/python:
	@test -n "$(PYTHON)" && $(PYTHON) -c '$(SUPPORTED)' || \
	  { echo "Digest needs Python 3.11, 3.12 or 3.13; found none: make run PYTHON=/path/to/python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements/run.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@
