# Everything lives in .venv; `make` with no target says what there is.
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
# tests wait more than they compute: more workers than cores
WORKERS ?= 4

.PHONY: help demo test check check-infra bench capacity package deploy remove lock
help:
	@echo "make demo    try it: ingest the demo help center and open the playground (ARGS=--check: ask three questions and stop)"
	@echo "make test    run every test, on four workers (ARGS='-n0 -k refund': those, in this process)"
	@echo "make check   lint, types, import rules"
	@echo "make bench   measure speed and quality (needs ../shared; see docs/)"
	@echo "make capacity print anew what docs/costs.md and docs/capacity.md reckon"
	@echo "make package build the zip of the Lambda functions (ARGS=--local: for this machine)"
	@echo "make deploy  STAGE=dev into your AWS account (PARAMETERS='Size=standard Zendesk=true' DOCUMENTS=folder; see docs/deploying.md)"
	@echo "make remove  STAGE=dev from it again; documents and answers stay"
	@echo "make lock    raise the locked versions"

# What runs; the tests' own parts (Java for OpenSearch, moto, linters, ...) are three times as much.
.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("supportbot needs Python 3.11 or newer; choose one with: make PYTHON=python3.12 ...") if sys.version_info < (3, 11) else None'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python cannot make virtual environments here; on Debian: apt-get install python3-venv"; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

.venv/tests-ready: .venv/ready requirements-test.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-test.lock
	@touch $@

demo: .venv/ready
	@$(BIN)/supportbot demo $(ARGS)

test: .venv/tests-ready
	$(BIN)/pytest -n $(WORKERS) $(ARGS)

check: .venv/tests-ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/cfn-lint infra/*.yaml
	$(MAKE) --no-print-directory check-infra

# SAM's own check, and the security linter; what it may find is explained in .checkov.yaml
check-infra: .venv-infra/ready
	SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 .venv-infra/bin/sam validate --lint -t infra/template.yaml
	.venv-infra/bin/checkov --config-file .checkov.yaml --directory infra

.venv-infra/ready: .venv/tests-ready requirements-infra.lock
	$(BIN)/uv venv --quiet --allow-existing .venv-infra
	$(BIN)/uv pip install --quiet --no-deps --python .venv-infra/bin/python -r requirements-infra.lock
	@touch $@

bench: .venv/tests-ready
	$(BIN)/python -m tests.benchmarks $(ARGS)

capacity: .venv/tests-ready
	$(BIN)/python -m tests.benchmarks.capacity

package: .venv/tests-ready
	@$(BIN)/python -m infra.packaging $(ARGS)

STAGE ?=
PARAMETERS ?=
DOCUMENTS ?=
INGEST ?=
deploy: .venv-infra/ready
	@test -n "$(STAGE)" || { echo "name the installation: make deploy STAGE=dev"; exit 2; }
	@$(BIN)/python -m infra.deploying $(STAGE) $(PARAMETERS) $(if $(DOCUMENTS),--documents "$(DOCUMENTS)") \
		$(addprefix --ingest ,$(INGEST)) $(ARGS)

remove: .venv/tests-ready
	@test -n "$(STAGE)" || { echo "name the installation: make remove STAGE=dev"; exit 2; }
	@$(BIN)/python -m infra.deploying $(STAGE) --remove

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links pyproject.toml

lock: .venv/ready
	$(BIN)/python -m pip install --quiet uv
	$(LOCK) --upgrade --all-extras --group dev --output-file requirements-test.lock
	$(LOCK) --constraint requirements-test.lock --extra playground --extra slack --extra vectors --extra zendesk --output-file requirements.lock
	$(LOCK) --constraint requirements-test.lock --extra aws --extra slack --extra zendesk --excludes infra/left-out.txt --generate-hashes \
		--output-file requirements-lambda.lock
	$(subst pyproject.toml,,$(LOCK)) --upgrade --group infra --override infra/overrides.txt --output-file requirements-infra.lock
