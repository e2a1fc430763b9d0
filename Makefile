# Every target installs what it needs into this clone first (.venv, .tools, node_modules) and runs there;
# nothing is written elsewhere. A second run finds everything in place.

.PHONY: help demo test test-fast coverage test-installed model check bench docs docs-serve faults schema many format provider-template lock clean setup weaken mutants wheel release recording
.DEFAULT_GOAL := help

# What of pyproject.toml's extras a target needs.
EXTRAS := dev

export PATH := $(CURDIR)/.venv/bin:$(PATH)
export TMPDIR := $(CURDIR)/.local/tmp
export JSII_RUNTIME_PACKAGE_CACHE_ROOT := $(CURDIR)/.tools/jsii
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV

help:
	@echo 'make demo       deploy endpoints.yaml onto a local cloud with the real cdk, show it, change it, destroy it'
	@echo 'make test       every test (minutes)'
	@echo 'make test-fast  the tests that need neither CDK nor the local cloud nor patience (a minute)'
	@echo 'make test-installed'
	@echo '                the wheel with the oldest and the newest libraries that it allows (network, minutes)'
	@echo "make coverage   fails where a branch of the handler is in no test of it"
	@echo 'make weaken     takes the safeguards away one by one: random histories notice (minutes)'
	@echo 'make mutants    which small changes of the handler no test notices (hours; ARGS="--sample 800": minutes)'
	@echo 'make model      random histories of a stack that nobody has seen (MINUTES=10, SEED=… repeats)'
	@echo 'make check      format, lint, types'
	@echo 'make format     put the format right'
	@echo 'make bench      measure it beside what one would use otherwise (a quarter of an hour; ONLY=synth for one of it)'
	@echo 'make docs       build the documentation site into site/; make docs-serve shows it while you write'
	@echo "make recording  run the demo and draw the README's picture of it"
	@echo 'make faults     write docs/faults.md: which test covers which fault'
	@echo 'make provider-template'
	@echo '                write the provider as a template and a zip to deploy without CDK, into dist/'
	@echo 'make schema     write the JSON Schema of endpoints.yaml, from the rules that the loader checks with'
	@echo 'make wheel      build the package into dist/: the wheel and the source distribution'
	@echo 'make release    the same, built twice and compared, checked as an index does, with a bill of materials'
	@echo 'make many       deploy COUNT=1000 endpoints onto the local cloud (minutes)'
	@echo 'make lock       take the newest versions that pyproject.toml allows into constraints.txt'
	@echo 'make clean      remove everything that the others made'

demo: EXTRAS := local
demo: setup
	@chime-endpoints demo $(ARGS)

test: setup
	@pytest --numprocesses auto $(ARGS)

test-fast: setup
	@pytest --numprocesses auto -m 'not cdk and not e2e and not long' $(ARGS)

test-installed: setup
	@pytest --numprocesses auto --dist loadgroup -m installed tests/installed $(ARGS)

# Of the handler's own tests alone: what only a long history reaches has no test of its own yet.
coverage: setup
	@pytest --numprocesses auto --cov --cov-fail-under=100 --cov-report=term tests/handler $(ARGS)

weaken: setup
	@python tools/weaken.py $(ARGS)

mutants: setup
	@python tools/mutants.py $(ARGS)

model: setup
	@MODEL_MINUTES=$(or $(MINUTES),10) MODEL_SEED=$(SEED) pytest -q -s --show-capture=no tests/lifecycle/test_model.py -k nobody_has_seen $(ARGS)

check: setup
	ruff format --check
	ruff check
	mypy
	zizmor --offline --no-progress --quiet --persona=pedantic .github

bench: EXTRAS := dev bench
bench: setup
	@PYTHONPATH=.:tests python -m bench $(ONLY) $(ARGS)

format: setup
	ruff format
	ruff check --fix

# The theme's advertisement of its successor is no news to a reader of the build's output.
docs docs-serve: export NO_MKDOCS_2_WARNING := 1

docs: setup
	@python tools/docs_tables.py
	@python tools/docs_diagrams.py
	@python tools/docs_plots.py
	@mkdocs build --strict

docs-serve: setup
	@mkdocs serve

recording: setup
	@python tools/recording.py $(ARGS)

faults: setup
	@python tools/fault_table.py

provider-template: setup
	@python tools/provider_template.py $(ARGS)

schema: setup
	@python tools/schema.py

wheel: setup
	@rm -rf dist/cdk_chime_endpoints-*
	@python -m hatchling build -d dist
	@echo "Install it with: pip install $$(ls dist/cdk_chime_endpoints-*.whl)"

# The second build starts from the source distribution, with other file times and another umask.
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

many: setup
	@python tools/many.py $(or $(COUNT),1000)

lock: setup
	uv pip compile --quiet --upgrade --python-version 3.11 --only-binary :all: --all-extras --no-annotate --no-header \
		--no-emit-package cdk-chime-endpoints --output-file .local/constraints.txt pyproject.toml
	{ sed '/^[^#]/d' constraints.txt; cat .local/constraints.txt; } > .local/locked.txt
	mv .local/locked.txt constraints.txt

clean:
	rm -rf .venv .tools .local node_modules bench/node_modules cdk.out dist build site htmlcov .coverage
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# PYTHON=… names the Python to use; else the first of these that is new enough and complete.
setup:
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11 python3.14; do \
		if "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			mkdir -p .local/tmp || exit 1; \
			exec "$$python" -B -I tools/setup.py $(EXTRAS); \
		fi; \
	done; \
	echo 'error: found no Python 3.11 or newer that has its modules venv and ensurepip.' >&2; \
	echo "python3 is: $$(python3 --version 2>&1)" >&2; \
	echo 'Install one (Debian and Ubuntu: apt install python3 python3-venv), or name one: make PYTHON=/path/to/python3 …' >&2; \
	exit 1
