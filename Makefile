# The vocabulary of the project. `make help` lists it.
PYTHON    ?= python3
RECIPE    ?= recipes/smollm2-cpu.yaml
RELEASE   ?= smollm2-demo
# What this machine is allowed not to have, by criterion and reason. Printed by the run, ignored by sign-off.
ALLOW     ?= AC-SHIP2-010=missing_hardware
DEVICE    ?=
SUBJECT   ?=
CUDA      ?=

BIN       := .venv/bin
INSTALLED := .venv/.installed
TRIAL      = $(if $(SUBJECT),$(SUBJECT),--recipe $(RECIPE) $(if $(DEVICE),--device $(DEVICE)))

.PHONY: help setup gates test bench compile falsify lint doctor fetch clean

help:           ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 12

setup: $(if $(CUDA),setup-cuda,$(INSTALLED))   ## create .venv and install (CUDA=1: torch as the registry serves it)

$(INSTALLED): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo 'Installing into .venv; the first time llama.cpp is compiled, which takes some four minutes on two cores.'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test,dev]'
	@touch $@

.PHONY: setup-cuda
setup-cuda:
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	grep -v '^torch==' constraints.txt > .venv/constraints-cuda.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade -c .venv/constraints-cuda.txt -e '.[test,dev]'
	@touch $(INSTALLED)

fetch: $(INSTALLED)     ## fetch the base model into the cache
	@$(BIN)/shipworthy fetch

gates: $(INSTALLED)     ## train, checkpoint, bench, export, load in llama.cpp, put on trial, write the evidence
	$(BIN)/shipworthy dispatch $(TRIAL) --release $(RELEASE) $(foreach allowed,$(ALLOW),--allow-blocked $(allowed))

test: $(INSTALLED)      ## the whole test suite
	$(BIN)/python -m pytest

bench: $(INSTALLED)     ## measure beside peers, JSON kept in .benchmarks/
	$(BIN)/python -m pytest benchmarks -o addopts= --benchmark-autosave

compile: $(INSTALLED)   ## write gates/ from contracts/
	$(BIN)/shipworthy compile

falsify: $(INSTALLED)   ## plant every defect, require red, write contracts/proofs/
	$(BIN)/shipworthy falsify

lint: $(INSTALLED)      ## ruff, mypy, the layers of the house, stale gates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/shipworthy compile --check

doctor: $(INSTALLED)    ## what can be measured on this machine, what will be BLOCKED, and why
	@$(BIN)/shipworthy doctor

clean:          ## remove what a run leaves in this folder
	rm -rf .shipworthy .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks
