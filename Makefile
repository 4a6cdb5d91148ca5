.PHONY: check test slow all docs tables lock mutants pythons

check:           ## format, lint, types
	uv run ruff format --check
	uv run ruff check
	uv run mypy

test:            ## the tests that take seconds
	uv run pytest

slow:            ## those that take minutes
	uv run pytest -m 'slow and not browser'

all: test slow check

pythons:         ## the quick tests under every Python that is promised
	scripts/pythons

docs:            ## the site, into docs/_build/html; a warning is an error
	uv run --group docs sphinx-build -nWq --keep-going docs docs/_build/html

tables:          ## the tables of keys in chains/ and prompts/, as the program has them
	cd docs && uv run --group docs python -m ext.tables

mutants:         ## which of 100 small changes no test notices; half an hour or more
	uv run scripts/mutants.py

lock:            ## the newest version of every package, pinned in pyproject.toml
	uv run --no-project scripts/lock.py --upgrade
	uv sync
