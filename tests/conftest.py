"""What holds in every test: no real key, no setting of the machine it runs on, and no socket but loopback."""

import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, settings

# A machine has neighbours, so how long an example takes says nothing; and ours may share a test's fixtures.
_UNCHECKED = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
settings.register_profile("here", deadline=None, suppress_health_check=_UNCHECKED)
settings.load_profile("here")
_PERSONAL = re.compile(
    r"(?i)(.*(_API_KEY|_TOKEN|_SECRET|_proxy)|(LANGSMITH|LANGCHAIN|SELFINSTRUCT|OPENAI|ANTHROPIC)_.*)$"
)
_LONGEST = {
    "test_advice",
    "test_any_text",
    "test_calibrating",
    "test_calls",
    "test_clients",
    "test_corpus",
    "test_dialects",
    "test_every_file",
    "test_examples",
    "test_examples_installed",
    "test_faults",
    "test_found",
    "test_kills",
    "test_loop",
    "test_mixtures",
    "test_novelty_exact",
    "test_own",
    "test_parsing_corpus",
    "test_providers",
    "test_push",
    "test_real_model",
    "test_refusals",
    "test_run_benchmarks",
    "test_subject",
    "test_swapping",
}
_LOOPBACK = {None, "", "localhost", "127.0.0.1", "::1", b"localhost", b"127.0.0.1", b"::1"}


def _refuse_the_network(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook: below every client, and in every thread."""
    if event == "socket.connect":
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None  # else a Unix socket
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if host not in _LOOPBACK:
        raise RuntimeError(f"a test reached for {host!r}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first: whoever takes one of them last has the other worker wait for it."""
    items.sort(key=lambda item: item.path.stem not in _LONGEST)


# Some machines keep no bytecode; each of the hundreds of commands that tests start would compile all packages.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.addaudithook(_refuse_the_network)
# Where the tests were started in the background SIGINT is ignored, and the commands they start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _nothing_personal(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    for name in filter(_PERSONAL.match, list(os.environ)):
        monkeypatch.delenv(name)
    monkeypatch.setenv("LANGSMITH_TRACING", "false")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("settings")))


class Said(NamedTuple):
    """What a command gave back."""

    code: int
    out: str
    err: str


@pytest.fixture
def selfinstruct(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., Said]:
    """The command `selfinstruct`, in this process, from an empty folder."""
    from selfinstruct_chains.cli.main import main

    empty = tmp_path / "empty"
    empty.mkdir()

    def run(*arguments: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["selfinstruct", *arguments])
        monkeypatch.chdir(empty)
        with pytest.raises(SystemExit) as ended:
            main()
        return Said(int(ended.value.code or 0), *capsys.readouterr())

    return run
