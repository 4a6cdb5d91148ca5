"""What is loaded, and how long it takes, before anything is asked for."""

import os
import subprocess
import sys

import pytest

REPORT = """
import sys
print()
print(*{name.split(".")[0] for name in sys.modules} - set(sys.stdlib_module_names))
"""
RUN = """
import sys
sys.argv = ["selfinstruct", *{arguments}]
try:
    from selfinstruct_chains.cli.main import main
    main()
except SystemExit:
    pass
"""
OURS = {"__main__", "selfinstruct_chains", "click", "_distutils_hack", "_virtualenv"}


def _loaded(code: str) -> set[str]:
    """The packages, those of Python apart, that are loaded when `code` has run.

    Debian's Python has a sitecustomize, which every program loads.
    """
    done = subprocess.run([sys.executable, "-c", code + REPORT], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split()) - {"sitecustomize"}


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        ("import selfinstruct_chains", set()),
        ("import selfinstruct_chains; dir(selfinstruct_chains)", set()),
        ("from selfinstruct_chains import SelfInstructError", set()),
        (RUN.format(arguments=["--help"]), {"click"}),
        (RUN.format(arguments=["--version"]), {"click"}),
        (RUN.format(arguments=["no-such-command"]), {"click"}),
        *((RUN.format(arguments=[name, "--help"]), {"click"}) for name in ("generate", "check", "show", "chains")),
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(code: str, allowed: set[str]) -> None:
    """The package, --help and --version load nothing of LangChain, pydantic, numpy or a provider."""
    assert _loaded(code) & OURS - {"__main__"} <= {"selfinstruct_chains", "_distutils_hack", "_virtualenv", *allowed}
    assert _loaded(code) - OURS == set()


@pytest.mark.parametrize("line", ["selfinstruct status runs/", "selfinstruct generate --chain op", "selfinstruct st"])
def test_a_shell_that_completes_a_word_loads_nothing_heavy(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits for the answer at each Tab."""
    monkeypatch.setenv("_SELFINSTRUCT_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(line.split()) - 1))

    assert _loaded(RUN.format(arguments=[])) - OURS == set()


def test_reading_a_chain_loads_no_langchain() -> None:
    """A chain file is read and checked with pydantic and YAML alone."""
    heavy = {"langchain_core", "langchain", "langchain_openai", "openai", "numpy", "rapidfuzz", "rouge_score"}

    assert _loaded("from selfinstruct_chains import load_config; load_config('openai')") & heavy == set()
    assert _loaded("from selfinstruct_chains import read_seeds, Task") & heavy == set()


def test_help_answers_at_once() -> None:
    """`selfinstruct --help` takes less than 0.4 seconds of one core; the best of five, as the machine is shared."""
    best = min(_seconds() for _ in range(5))

    assert best < 0.4


def _seconds() -> float:
    before = os.times()
    subprocess.run([sys.executable, "-c", RUN.format(arguments=["--help"])], capture_output=True, check=True)
    after = os.times()
    return after.children_user - before.children_user + after.children_system - before.children_system
