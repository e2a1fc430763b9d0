# Every target first installs what it needs into this clone (.venv, .tools, node_modules) and writes nothing elsewhere.
# Later runs reuse what is installed.

.PHONY: dashboard help demo test test-fast coverage test-installed model live check bench docs docs-serve decisions faults schema many format provider-template fleet-provider-template fleet lock clean setup weaken mutants wheel release recording
.DEFAULT_GOAL := help

# The extras of pyproject.toml that a target needs.
EXTRAS := dev

export PATH := $(CURDIR)/.venv/bin:$(PATH)
export TMPDIR := $(CURDIR)/.local/tmp
export JSII_RUNTIME_PACKAGE_CACHE_ROOT := $(CURDIR)/.tools/jsii
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV
# Without the files of bytecode, each of the hundreds of processes would compile boto3, moto and aws-cdk-lib again.
unexport PYTHONDONTWRITEBYTECODE

help:
	@echo 'make demo       deploy, change and destroy endpoints.yaml on a local cloud with the real cdk command'
	@echo 'make test       run all tests (minutes)'
	@echo 'make test-fast  run the fast tests, without CDK, the local cloud and waiting (half a minute)'
	@echo 'make test-installed'
	@echo '                test the wheel with the oldest and newest supported libraries (network, minutes)'
	@echo "make coverage   fail if the handler's own tests miss a branch of the handler"
	@echo "make weaken     leave out one row or rule of the handler's decisions after the other: a test must notice"
	@echo 'make mutants    find small changes of the handler that no test detects (hours; ARGS="--sample 800": minutes)'
	@echo 'make model      run new random histories and enumerated lives of a stack (MINUTES=10; SEED=… repeats a run)'
	@echo 'make live       observe the real services in a sandbox of your AWS account, which is deleted (minutes, cents)'
	@echo 'make check      check format, lint, types and imports'
	@echo 'make format     format the code'
	@echo 'make bench      compare performance with the alternatives (15 minutes; ONLY=synth runs one benchmark)'
	@echo 'make docs       build the documentation site into site/ (make docs-serve: preview it while you write)'
	@echo 'make recording  run the demo and draw the pictures of it for the README'
	@echo 'make dashboard  draw the picture of the CloudWatch dashboard for the documentation'
	@echo 'make faults     write docs/faults.md, the table of faults and their tests'
	@echo 'make decisions  write docs/decisions.md, the rows of the policy and their tests'
	@echo 'make provider-template'
	@echo '                write a template and a zip to deploy the provider without CDK, into dist/'
	@echo 'make fleet-provider-template'
	@echo '                write the same for fleets'
	@echo 'make schema     write the JSON Schemas of endpoints.yaml and of a manifest'
	@echo 'make wheel      build the wheel and the source distribution into dist/'
	@echo 'make release    build twice, compare, check the metadata and write a bill of materials (SBOM)'
	@echo 'make many       deploy COUNT=1000 endpoints to the local cloud (minutes)'
	@echo 'make fleet      create, change, kill and destroy a fleet of COUNT=2000 endpoints on the local cloud (minutes)'
	@echo 'make lock       update constraints.txt to the newest versions that pyproject.toml allows'
	@echo 'make clean      remove everything that the other targets created'

demo: EXTRAS := local
demo: setup
	@PYTHONPATH=tools python -m demo $(ARGS)

test: setup
	@pytest --numprocesses auto $(ARGS)

test-fast: setup
	@pytest --numprocesses auto --direct -m 'not cdk and not e2e and not long and not slow' $(ARGS)

test-installed: setup
	@pytest --numprocesses auto --dist loadgroup -m installed tests/installed $(ARGS)

# Only the handler's own tests count. Code that only long random histories reach would still need its own test.
coverage: setup
	@pytest --numprocesses auto --cov --cov-fail-under=100 --cov-report=term tests/handler $(ARGS)

weaken: setup
	@python tools/weaken.py $(ARGS)

mutants: setup
	@python tools/mutants.py $(ARGS)

model: setup
	@MODEL_MINUTES=$(or $(MINUTES),10) MODEL_SEED=$(SEED) pytest -q -s --show-capture=no tests/lifecycle tests/fleet -k nobody_has_seen $(ARGS)

live: setup
	@PYTHONPATH=tools python -m live $(ARGS)

check: setup
	ruff format --check
	ruff check
	mypy --num-workers auto
	lint-imports --no-logo
	zizmor --offline --no-progress --quiet --persona=pedantic .github

bench: EXTRAS := dev bench
bench: setup
	@PYTHONPATH=.:tests:tools python -m bench $(ONLY) $(ARGS)

format: setup
	ruff format
	ruff check --fix

# Hides the theme's announcement of its successor.
docs docs-serve: export NO_MKDOCS_2_WARNING := 1

docs: setup
	@python tools/docs_tables.py
	@mkdocs build --strict

docs-serve: setup
	@mkdocs serve

recording: setup
	@python tools/recording.py $(ARGS)

# The picture of the dashboard, for the documentation.
dashboard: EXTRAS := dev bench
dashboard: setup
	@python tools/dashboard_picture.py

faults: setup
	@python tools/fault_table.py

decisions: setup
	@python tools/decisions.py

provider-template: setup
	@python tools/provider_template.py $(ARGS)

fleet-provider-template: setup
	@PYTHONPATH=tools python tools/fleet_provider_template.py $(ARGS)

schema: setup
	@python tools/schema.py

wheel: setup
	@rm -rf dist/cdk_chime_endpoints-*
	@python -m hatchling build -d dist
	@echo "Install it with: pip install $$(ls dist/cdk_chime_endpoints-*.whl)"

# The second build starts from the source distribution, with different file times and a different umask.
release: EXTRAS := dev release
release: wheel
	@rm -rf .local/again .local/rebuilt && mkdir -p .local/again
	@tar -xzf dist/cdk_chime_endpoints-*.tar.gz -C .local/again --strip-components=1 && rm .local/again/PKG-INFO
	@cd .local/again && umask 077 && python -m hatchling build -d ../rebuilt >/dev/null
	@for file in dist/cdk_chime_endpoints-*; do cmp "$$file" ".local/rebuilt/$${file#dist/}"; done
	@rm -rf .local/again .local/rebuilt
	@twine check --strict dist/cdk_chime_endpoints-*
	@cyclonedx-py requirements constraints.txt --pyproject pyproject.toml --output-reproducible -o dist/sbom.cdx.json
	@cd dist && sha256sum cdk_chime_endpoints-* sbom.cdx.json

fleet: setup
	@PYTHONPATH=tools:tests python tools/fleet.py $(or $(COUNT),2000)

many: setup
	@python tools/many.py $(or $(COUNT),1000)

lock: setup
	uv pip compile --quiet --upgrade --python-version 3.11 --only-binary :all: --all-extras --no-annotate --no-header \
		--no-emit-package cdk-chime-endpoints --output-file .local/constraints.txt pyproject.toml
	{ sed '/^[^#]/d' constraints.txt; cat .local/constraints.txt; } > .local/locked.txt
	mv .local/locked.txt constraints.txt

clean:
	rm -rf .venv .tools .local node_modules bench/node_modules cdk.out dist build site htmlcov .coverage live-profile.json
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# PYTHON=… selects the Python to use. By default, the first one that is new enough and complete is used.
setup:
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11 python3.14; do \
		if "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			mkdir -p .local/tmp || exit 1; \
			exec "$$python" -B -I tools/setup.py $(EXTRAS); \
		fi; \
	done; \
	echo 'error: found no Python 3.11 or newer with the modules venv and ensurepip.' >&2; \
	echo "python3 is: $$(python3 --version 2>&1)" >&2; \
	echo 'Install one (Debian and Ubuntu: apt install python3 python3-venv), or set one: make PYTHON=/path/to/python3 …' >&2; \
	exit 1
