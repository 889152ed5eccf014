# Every target makes what it needs first and says what it does. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
PORT ?= 8080
FRESH ?= 0
# Where a test run puts its workers: one a core.
WORKERS ?= auto

UV := .venv/uv/bin/uv
DEV := .venv/dev/bin
RUN := .venv/run/bin
CHECKS := .venv/checks/bin
LOCKS := layers/dependencies/requirements.txt local/requirements.txt local/emulator/requirements.txt \
  tests/load/requirements.txt tests/benchmarks/peers/requirements.txt .ci/checks.txt requirements.txt
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header

include .ci/release.mk

export PYTHONPATH := layers:.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help install run reference deploy-local load test mutants lint secrets workflows audit format synth smoke check scan cost costs snapshots dashboards openapi units bench simulate restore-drill lock clean check-python

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | column -t -s "$$(printf '\t')"

check-python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Greenroom needs Python 3.11 or newer; '$(PYTHON)' is not. Set PYTHON=/path/to/python3.11." >&2; exit 1; }

$(UV): .ci/uv.txt | check-python
	@echo "· preparing the installer (.venv/uv)"
	@$(PYTHON) -m venv .venv/uv
	@.venv/uv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r .ci/uv.txt
	@touch $@

# An environment is current when its stamp is newer than its lock.
define environment
	@echo "· installing $< into .venv/$(1)"
	@[ -x .venv/$(1)/bin/python ] || $(UV) venv --quiet --python $(PYTHON) .venv/$(1)
	@$(UV) pip sync --quiet --python .venv/$(1)/bin/python --require-hashes $<
	@touch $@
endef

.venv/dev/.stamp: requirements.txt | $(UV)
	$(call environment,dev)
.venv/run/.stamp: local/requirements.txt | $(UV)
	$(call environment,run)
.venv/emulator/.stamp: local/emulator/requirements.txt | $(UV)
	$(call environment,emulator)
.venv/load/.stamp: tests/load/requirements.txt | $(UV)
	$(call environment,load)
.venv/checks/.stamp: .ci/checks.txt | $(UV)
	$(call environment,checks)

install: .venv/dev/.stamp .venv/run/.stamp .venv/emulator/.stamp ## install all environments, hash-checked, into .venv/

run: .venv/run/.stamp .venv/emulator/.stamp ## serve the whole system on 127.0.0.1:8080 (PORT=…, FRESH=1 begins anew)
	@$(RUN)/python -m stacks.reference_ui || true
	@exec $(RUN)/python -m local --port $(PORT) $(if $(filter 1,$(FRESH)),--fresh)

reference: .venv/run/.stamp ## fetch the UI of the API reference from npm, as its lock names it
	@$(RUN)/python -m stacks.reference_ui

deploy-local: .venv/dev/.stamp .venv/run/.stamp .venv/emulator/.stamp ## deploy dev by CloudFormation into an emulator, till Ctrl-C (PORT=…)
	@$(RUN)/python -m stacks.reference_ui || true
	@CDK_OUTDIR=build/deploy/cdk.out CDK_CONTEXT_JSON='{"dependencies": "omit"}' $(DEV)/python app.py
	@exec $(RUN)/python -m local.deploy --port $(PORT) --synthesised build/deploy/cdk.out

test: .venv/dev/.stamp .venv/emulator/.stamp ## run every test with coverage, in parallel
	@$(DEV)/python -m stacks.reference_ui || true
	@$(DEV)/python -m pytest -n $(WORKERS) --dist loadgroup --cov --cov-report=term:skip-covered $(ARGS)

load: .venv/dev/.stamp .venv/emulator/.stamp .venv/load/.stamp ## load a system of its own, or URL=…, and judge it (ARGS=--help)
	@$(DEV)/python -m tests.load $(if $(URL),--url $(URL)) $(ARGS)

mutants: .venv/dev/.stamp .venv/emulator/.stamp ## take each defence and each rule of bookings away and see that a test falls
	@$(DEV)/python -m tests.mutants.run $(ARGS)

lint: secrets workflows ## check format, style, types, import rules, secrets and workflows
	@echo "· ruff"; $(DEV)/ruff format --check . && $(DEV)/ruff check .
	@echo "· mypy"; $(DEV)/mypy
	@echo "· import-linter"; $(DEV)/lint-imports --no-cache

secrets: .venv/dev/.stamp ## look for secrets in every file that git has or would take
	@echo "· secrets"; PATH="$(CURDIR)/$(DEV):$$PATH" .ci/secrets

workflows: .venv/dev/.stamp .venv/checks/.stamp ## check the pipeline's own files
	@echo "· zizmor"; $(DEV)/zizmor --offline --quiet --strict-collection .github
	@echo "· workflow schema"; $(CHECKS)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(CHECKS)/check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml

# Every lock is looked at, whatever the ones before it had. A lock that cannot be looked up counts as bad:
# without the network nothing passes.
audit: .venv/dev/.stamp ## look up known vulnerabilities of everything that is locked (needs the network)
	@bad=""; for lock in .ci/uv.txt $(LOCKS); do \
	  echo "· $$lock"; \
	  $(DEV)/pip-audit --strict --vulnerability-service osv --disable-pip --require-hashes \
	    --progress-spinner off -r $$lock || bad="$$bad $$lock"; \
	done; \
	[ -z "$$bad" ] || { echo "Vulnerable, or not to be audited from here:$$bad" >&2; exit 1; }

format: .venv/dev/.stamp ## rewrite the code in the project's format
	@$(DEV)/ruff check --fix . ; $(DEV)/ruff format .

openapi: .venv/dev/.stamp ## write openapi.json anew from the routes
	@$(DEV)/python -m local.openapi

synth: .venv/dev/.stamp ## synthesise every stage into cdk.out/, held against cdk-nag and our Guard rules
	@$(DEV)/python app.py

smoke: .venv/dev/.stamp ## try a running system out (URL=…; SMOKE_EMAIL and SMOKE_PASSWORD of a buyer to book too)
	@$(DEV)/python -m local.smoke $(URL)

check: synth scan ## the gates: synthesise, hold the templates against every scanner and the snapshots

scan: .venv/dev/.stamp .venv/checks/.stamp ## hold what is in cdk.out/ against cfn-lint, checkov and the snapshots
	@echo "· cfn-lint, checkov"; $(DEV)/python -m tests.support.template_scan cdk.out
	@echo "· snapshots"; $(DEV)/python -m tests.support.snapshots cdk.out compare

costs: synth ## write what the stages cost into docs/costs.md, counted from their templates
	@$(DEV)/python -m stacks.costs cdk.out

# Without the functions' packages, which cost nothing: so it needs no network.
cost: .venv/dev/.stamp ## print what each stage costs at rest, and a million reads, bookings and negotiations
	@CDK_OUTDIR=build/cost/cdk.out CDK_CONTEXT_JSON='{"dependencies": "omit"}' $(DEV)/python app.py >/dev/null
	@$(DEV)/python -m stacks.costs build/cost/cdk.out --print

snapshots: synth ## write the templates' snapshots anew, and show what changed
	@$(DEV)/python -m tests.support.snapshots cdk.out write

# The pages are made from the templates' own documents: they show what would be deployed.
dashboards: .venv/dev/.stamp ## write prod's dashboards as HTML pages into build/dashboards/
	@CDK_OUTDIR=build/dashboards/cdk.out CDK_CONTEXT_JSON='{"dependencies": "omit"}' $(DEV)/python app.py >/dev/null
	@$(DEV)/python -m local.dashboards \
	  build/dashboards/cdk.out/greenroom-prod-observability.template.json build/dashboards

units: .venv/dev/.stamp .venv/emulator/.stamp ## count round trips and table units of the main journey
	@$(DEV)/python -m tests.benchmarks.units

bench: .venv/dev/.stamp .venv/emulator/.stamp ## measure starts, requests and zips side by side, into build/bench/ (ARGS=--help)
	@$(DEV)/python -m tests.benchmarks.bench $(ARGS)

simulate: .venv/dev/.stamp ## run an on-sale in simulated time, and find what breaks first (ARGS=--help)
	@$(DEV)/python -m tests.simulation.on_sale $(ARGS)

restore-drill: .venv/run/.stamp .venv/emulator/.stamp ## lose a system on this machine, bring it back, and check that all holds
	@$(RUN)/python -m local.restore drill $(ARGS)

lock: | $(UV) ## resolve the locked requirements anew
	@cd layers/dependencies && ../../$(COMPILE) requirements.in -o requirements.txt
	@cd local && ../$(COMPILE) requirements.in -o requirements.txt
	@cd local/emulator && ../../$(COMPILE) requirements.in -o requirements.txt
	@cd tests/load && ../../$(COMPILE) requirements.in -o requirements.txt
	@cd tests/benchmarks/peers && ../../../$(COMPILE) requirements.in -o requirements.txt
	@cd .ci && ../$(COMPILE) checks.in -o checks.txt
	@$(COMPILE) requirements.in -o requirements.txt

clean: ## remove environments, caches, synthesised templates and local data
	rm -rf .venv .local cdk.out build functions/health/site/reference .import_linter_cache .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage .coverage.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
