.PHONY: check test slow all lock

check:           ## format, lint, types
	uv run ruff format --check
	uv run ruff check
	uv run mypy

test:            ## the tests that take seconds
	uv run pytest

slow:            ## those that take minutes
	uv run pytest -m 'slow and not browser'

all: test slow check

lock:            ## the newest version of every package, pinned in pyproject.toml
	uv run --no-project scripts/lock.py --upgrade
	uv sync
