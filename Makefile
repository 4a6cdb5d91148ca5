.PHONY: check test slow all lock mutants pythons

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

mutants:         ## which of 100 small changes no test notices; an hour or two
	uv run scripts/mutants.py

lock:            ## the newest version of every package, pinned in pyproject.toml
	uv run --no-project scripts/lock.py --upgrade
	uv sync
