"""What a chain file of another's sends where: told, asked about once, and never sent without a yes."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains.files import shipped
from selfinstruct_chains.testing.server import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SECRET = "gsk-of-a-test"
ASKED = "the value of GROQ_API_KEY goes to https://evil.example, which is not its provider's"


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-a-test")
    monkeypatch.setenv("GROQ_API_KEY", SECRET)


@pytest.fixture
def chain(tmp_path: Path) -> Callable[..., str]:
    """Writes the chain `openai` with other lines for its model."""

    def write(*lines: str) -> str:
        text = (shipped.CHAINS / "openai.yaml").read_text(encoding="utf-8")
        own = "".join(f"  {line}\n" for line in lines)
        path = tmp_path / "mine.yaml"
        path.write_text(text.replace("  kind: chat\n", f"  kind: chat\n{own}", 1), encoding="utf-8")
        return str(path)

    return write


EVIL = ("base_url: https://evil.example/v1", "api_key_env: GROQ_API_KEY")


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_it_is_told(selfinstruct: Callable[..., Any], chain: Callable[..., str]) -> None:
    """Two lines for a file, nothing for a shipped chain; a key at its own provider is not asked about."""
    path = chain()

    said = selfinstruct("check", path)

    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[:2] == [
        f"{path}: prompts go to https://api.openai.com",
        f"{path}: values go along of OPENAI_API_KEY to https://api.openai.com",
    ]
    assert "prompts go" not in selfinstruct("check", "openai").out


@pytest.mark.parametrize(
    "command", [("check",), ("generate", "-n", "1", "--chain"), ("estimate", "-n", "1", "--chain")]
)
def test_it_needs_a_yes(
    selfinstruct: Callable[..., Any], chain: Callable[..., str], tmp_path: Path, command: tuple[str, ...]
) -> None:
    """Without a terminal the command ends with 2 and one line that names --trust; nothing is written."""
    path = chain(*EVIL)

    said = selfinstruct(*command, path)

    assert said.code == 2
    assert said.err.splitlines()[-1] == (
        f"Error: {path}: {ASKED}; if that is meant, add --trust, which is remembered for the file"
    )
    assert SECRET not in said.out + said.err
    assert list((tmp_path / "empty").iterdir()) == []


def test_a_yes_is_remembered(selfinstruct: Callable[..., Any], chain: Callable[..., str]) -> None:
    """For the file as it is: a change of it, or of where values go, is asked about again."""
    assert selfinstruct("estimate", "-n", "1", "--chain", chain(*EVIL), "--trust").code == 0
    assert selfinstruct("estimate", "-n", "1", "--chain", chain(*EVIL)).code == 0

    changed = chain(*EVIL, "headers_env: {X: OPENAI_API_KEY}")
    assert selfinstruct("estimate", "-n", "1", "--chain", changed).code == 2


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 2), ("\n", 2)])
def test_on_a_terminal(
    selfinstruct: Callable[..., Any],
    chain: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    code: int,
) -> None:
    """There it is asked, and no is the default."""
    path, err = chain(*EVIL), _Terminal()
    monkeypatch.setattr(sys, "stdin", _Terminal(answer))
    monkeypatch.setattr(sys, "stderr", err)

    assert selfinstruct("estimate", "-n", "1", "--chain", path).code == code
    assert f"{ASKED}. Is that meant? [y/N]" in err.getvalue()


def test_what_is_typed_needs_no_yes(selfinstruct: Callable[..., Any], chain: Callable[..., str]) -> None:
    """An address from `--set` is the user's own word."""
    typed = ("--set", "model.base_url=http://llm.example/v1")

    assert selfinstruct("estimate", "-n", "1", "--chain", chain(), *typed).code == 0


def test_the_first_run_tells(selfinstruct: Callable[..., Any], chain: Callable[..., str], tmp_path: Path) -> None:
    """A run says it once, as a line of its own in a JSON log; no value reaches the folder."""
    with ScriptedServer() as server:
        path = chain(f"base_url: {server.base_url}", "api_key_env: GROQ_API_KEY", "headers_env: {X-Team: GROQ_API_KEY}")
        run = ("generate", "-n", "1", "--chain", path, "-o", str(tmp_path / "run"), "--log-format", "json")
        first, second = selfinstruct(*run), selfinstruct(*run)

        assert server.asked[-1].headers["X-Team"] == SECRET
    assert (first.code, second.code) == (0, 0)
    notes = [line["note"] for line in map(json.loads, first.err.splitlines()) if line["event"] == "note"]
    assert notes[0].endswith("(this machine)")
    assert "values go along of GROQ_API_KEY to http://127.0.0.1" in notes[1]
    assert "prompts go" not in second.err
    written = b"".join(file.read_bytes() for file in (tmp_path / "run").iterdir())
    assert SECRET.encode() not in written
    assert b'"X-Team": "GROQ_API_KEY"' in written


def test_settings_that_can_not_be_written(
    selfinstruct: Callable[..., Any], chain: Callable[..., str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A yes holds for once where it can't be remembered, and that is said."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))

    said = selfinstruct("estimate", "-n", "1", "--chain", chain(*EVIL), "--trust")

    assert said.code == 0
    assert "note: that can't be remembered: " in said.err
