# The vocabulary of the project. `make help` lists it.
PYTHON    ?= python3
RECIPE    ?= recipes/smollm2-cpu.yaml
RELEASE   ?= smollm2-demo
# What this machine is allowed not to have, by criterion and reason. Printed by the run, ignored by sign-off.
ALLOW     ?= AC-SHIP2-010=missing_hardware
DEVICE    ?=
SUBJECT   ?=
CUDA      ?=
# Processes that `make test` shares the tests out to: two cores are busy, and one that waits costs nothing.
WORKERS   ?= 2
# Inputs of each parser that `make fuzz` tries.
RUNS      ?= 100000

BIN       := .venv/bin
INSTALLED := .venv/.installed
VARIANT   := .venv/.variant
TRIAL      = $(if $(SUBJECT),$(SUBJECT),--recipe $(RECIPE) $(if $(DEVICE),--device $(DEVICE)))

ifneq ($(and $(SUBJECT),$(DEVICE)),)
$(error DEVICE belongs to RECIPE: a SUBJECT is trained already, and each gate names its own device)
endif
ifeq ($(CUDA),1)
ifneq ($(filter-out setup,$(MAKECMDGOALS)),)
$(error CUDA=1 is for setup alone: run `make setup CUDA=1`, then `make $(filter-out setup,$(MAKECMDGOALS))`)
endif
endif

.PHONY: help setup gates test fuzz bench compile falsify lint doctor fetch clean

help:           ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 12

setup: $(if $(filter 1,$(CUDA)),setup-cuda,$(INSTALLED))   ## create .venv and install (CUDA=1: torch as the registry serves it)

# A venv without pip is none: it is repaired, or does not stay where it was not there before.
define VENV
@$(BIN)/python -m pip --version > /dev/null 2>&1 || { \
    before=$$(test -e .venv && echo there); \
    { $(PYTHON) -m venv .venv && $(BIN)/python -m pip --version > /dev/null; } || { \
        test "$$before" || rm -rf .venv; \
        echo 'make: $(PYTHON) cannot make a venv with pip; name another with PYTHON=' >&2; exit 1; }; }
endef

# What .venv was set up for holds until .venv is removed: a newer constraints.txt never brings a CPU torch back.
INSTALL = if test "$$(cat $(VARIANT) 2> /dev/null)" = cuda; then grep -v '^torch==' constraints.txt; \
    else cat constraints.txt; fi > .venv/constraints.txt \
    && $(BIN)/python -m pip install --quiet --disable-pip-version-check -c .venv/constraints.txt -e '.[test,dev]'

$(INSTALLED): pyproject.toml constraints.txt
	$(VENV)
	@echo 'Installing into .venv; the first time llama.cpp is compiled, which takes some four minutes on two cores.'
	$(INSTALL)
	@touch $@

.PHONY: setup-cuda
setup-cuda:
	$(VENV)
	@echo cuda > $(VARIANT)
	$(INSTALL) --upgrade
	@touch $(INSTALLED)

fetch: $(INSTALLED)     ## fetch the base model into the cache
	@$(BIN)/shipworthy fetch

gates: $(INSTALLED)     ## train, checkpoint, bench, export, load in llama.cpp, put on trial, write the evidence
	$(BIN)/shipworthy dispatch $(TRIAL) --release $(RELEASE) $(foreach allowed,$(ALLOW),--allow-blocked $(allowed))

test: $(INSTALLED)      ## the whole test suite, by WORKERS processes
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

FUZZ = -atheris_runs=$(RUNS) -timeout=10 -rss_limit_mb=1024 -max_len=4096 -dict=fuzz/words.dict

fuzz: $(INSTALLED)      ## fuzz each parser with RUNS inputs; what it finds stays in .fuzz/
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c .venv/constraints.txt -e '.[fuzz]'
	@for parser in apr gguf safetensors directory; do \
	    mkdir -p .fuzz/$$parser; \
	    $(BIN)/python fuzz/fuzz_$$parser.py $(FUZZ) -artifact_prefix=.fuzz/$$parser- \
	        .fuzz/$$parser fuzz/corpus/$$parser || exit 1; done

bench: $(INSTALLED)     ## measure beside peers, JSON kept in .benchmarks/
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c .venv/constraints.txt -e '.[bench]'
	$(BIN)/python -m pytest benchmarks -o addopts= --benchmark-autosave

compile: $(INSTALLED)   ## write gates/ and docs/criteria.md from contracts/
	$(BIN)/shipworthy compile
	$(BIN)/shipworthy criteria --markdown > docs/criteria.md

falsify: $(INSTALLED)   ## plant every defect, require red: fixtures (proofs), then SUBJECT or the base model
	$(BIN)/shipworthy falsify
	$(BIN)/shipworthy falsify --model $(or $(SUBJECT),base) --minutes 45 --out .shipworthy/falsification

lint: $(INSTALLED)      ## ruff, mypy, the layers of the house, the contracts, stale gates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check src tests benchmarks fuzz
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/shipworthy lint
	$(BIN)/shipworthy compile --check

doctor: $(INSTALLED)    ## what can be measured on this machine, what will be BLOCKED, and why
	@$(BIN)/shipworthy doctor

clean:          ## remove what a run leaves in this folder
	rm -rf .shipworthy .fuzz .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks
