"""`selfinstruct evaluate --judge`: a scripted server judges given answers."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains.testing.server import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Said

N = 32


def verdict(prompt: str, _: int | None) -> str:
    """Good answers are A, poor ones C; of two the good one is better, wherever it stands."""
    good, poor = prompt.find('"fine '), prompt.find('"poor ')
    if '"better"' in prompt:
        return json.dumps({"reason": "r", "better": "first" if good < poor else "second"})
    return json.dumps({"reason": "r", "rating": "A" if good >= 0 else "C"})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    """The judge."""
    monkeypatch.setenv("OPENAI_API_KEY", "dummy")
    with ScriptedServer(verdict) as one:
        yield one


@pytest.fixture
def evaluate(server: ScriptedServer, tmp_path: Path, selfinstruct: Callable[..., Said]) -> Callable[..., Said]:
    """The command, on two files of answers."""
    rows = [{"id": f"t{number}", "instruction": f"Say {number}.", "output": "x"} for number in range(N)]
    (tmp_path / "on.jsonl").write_text("\n".join(map(json.dumps, rows)))
    for name in ("poor", "fine"):
        lines = [json.dumps({"id": f"t{number}", "output": f"{name} {number}"}) for number in range(N)]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines))
    files = [f"--model={tmp_path}/poor.jsonl", f"--model={tmp_path}/fine.jsonl", "-o", f"{tmp_path}/out"]
    given = [*files, "--on", f"{tmp_path}/on.jsonl", "--judge", "openai"]
    return lambda *more: selfinstruct("evaluate", *given, "--set", f"judge:model.base_url={server.base_url}", *more)


def test_ratings_and_pairs_are_told(evaluate: Callable[..., Said], server: ScriptedServer, tmp_path: Path) -> None:
    """Beside the other figures; the same command asks nothing again; agreement with people where there is some."""
    people = tmp_path / "people.jsonl"
    people.write_text(json.dumps({"id": "t1", "model": "fine", "rating": "A", "by": "me"}))
    text, asked = evaluate("--people", str(people)), server.counts.answered
    found: dict[str, Any] = json.loads(evaluate("--json").out)["judge"]

    assert (text.code, asked, server.counts.answered) == (0, 4 * N, 4 * N)
    assert found["pairs"]["fine"]["wins"] == N
    assert found["ratings"]["fine"]["A"]["mean"] == 100
    assert found["ratings"]["poor"]["C"]["mean"] == 100
    assert "Judged by gpt-6-luna" in text.out
    assert "Agreement on ratings" in text.out
    assert max(map(len, text.out.splitlines()[:-1])) <= 80
    assert json.loads((tmp_path / "out" / "evaluation.json").read_text())["judge"] == found


def test_a_budget_stops_the_judge(evaluate: Callable[..., Said], server: ScriptedServer) -> None:
    """What it said is kept."""
    stopped = evaluate("--max-calls", "20")
    done = evaluate()

    assert (stopped.code, done.code, server.counts.answered) == (3, 0, 4 * N)
    assert "20 of 128 verdicts are in" in stopped.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--people", "x.jsonl"], "--people would change nothing"),
        (["--set", "judge:run.seed=1"], "there is no --judge"),
        (["--likelihood"], "--likelihood would change nothing"),
    ],
)
def test_what_would_change_nothing(
    selfinstruct: Callable[..., Said], tmp_path: Path, arguments: list[str], said: str
) -> None:
    """Options without what they are about are refused."""
    (tmp_path / "on.jsonl").write_text(json.dumps({"id": "a", "instruction": "Say a.", "output": "a"}))
    (tmp_path / "m.jsonl").write_text(json.dumps({"id": "a", "output": "a"}))

    result = selfinstruct("evaluate", "--on", f"{tmp_path}/on.jsonl", f"--model={tmp_path}/m.jsonl", *arguments)

    assert result.code == 2
    assert said in result.err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("evaluate --model a=openai --likelihood -o {}/out", "pip install 'selfinstruct-chains[train]'"),
        ("evaluate --model a=openai --judge opnai -o {}/out", "did you mean 'openai'?"),
        ("evaluate --model a=openai --judge openai --people {}/none.jsonl -o {}/out", "none.jsonl"),
        ("experiment openai -n 4 --sizes 2 --base {}/my.gguf -o {}/out", "pip install 'selfinstruct-chains[train]'"),
    ],
)
def test_what_is_needed_at_the_end_is_looked_for_at_the_start(  # noqa: PLR0913, PLR0917 - a table, and who is not asked
    selfinstruct: Callable[..., Said],
    server: ScriptedServer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    line: str,
    said: str,
) -> None:
    """Before a model is asked, which may take hours and money."""
    monkeypatch.setitem(sys.modules, "torch", None)
    address = ["--set", f"model.base_url={server.base_url}"]

    result = selfinstruct(*line.replace("{}", str(tmp_path)).split(), *address)

    assert (result.code, server.counts.answered) == (2, 0)
    assert said in result.err
    assert not (tmp_path / "out").exists()
