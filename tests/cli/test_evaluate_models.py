"""`selfinstruct evaluate` of models that are asked: a scripted server answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains.testing.server import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from selfinstruct_chains.testing import plans
    from tests.conftest import Said

N = 6
REFUSED = "Say 4"


def refuse(asked: plans.Asked) -> str | None:
    """The provider's filter lets one question not through."""
    return "openai/filtered_input_invalid_prompt" if REFUSED in json.dumps(asked.body) else None


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    """Right in the plain prompt, wrong in a chat."""
    monkeypatch.setenv("OPENAI_API_KEY", "dummy")
    with ScriptedServer(lambda prompt, _: " yes it is" if prompt.endswith("Output:") else "no", faults=refuse) as one:
        yield one


@pytest.fixture
def evaluate(server: ScriptedServer, tmp_path: Path, selfinstruct: Callable[..., Said]) -> Callable[..., Said]:
    """The command, on six items, of a chat model and the same as a completion model."""
    rows = [{"id": f"t/{number}", "instruction": f"Say {number}.", "output": "yes it is"} for number in range(N)]
    (tmp_path / "on.jsonl").write_text("\n".join(map(json.dumps, rows)))
    given = ["--on", f"{tmp_path}/on.jsonl", "--set", f"model.base_url={server.base_url}", "-o", f"{tmp_path}/out"]
    given += ["--model", "chat=openai", "--model", "openai", "--set", "openai:model.kind=completion"]
    return lambda *more: selfinstruct("evaluate", *given, "--set", "openai:model.extra={}", *more)


def test_models_are_asked_once_and_compared(
    evaluate: Callable[..., Said], server: ScriptedServer, tmp_path: Path
) -> None:
    first, out = evaluate("--json"), tmp_path / "out"
    found: dict[str, Any] = json.loads(first.out)
    asked = server.counts.answered
    again = evaluate("--json")

    assert (first.code, first.err.count("evaluation.html")) == (0, 1)
    assert asked == 2 * (N - 1)
    assert found["missing"] == {"chat": 1, "openai": 1}
    assert found["means"]["openai"]["rouge"]["mean"] == pytest.approx(100)
    assert found["means"]["chat"]["stops"]["mean"] == 100
    assert (again.out, server.counts.answered) == (first.out, asked)
    assert json.loads((out / "evaluation.json").read_text()) == found
    assert json.loads((out / "answers" / "openai.jsonl").read_text().splitlines()[1]) == {
        "id": "t/1",
        "output": " yes it is",
        "stopped": True,
    }
    assert "<!-- selfinstruct evaluation -->" in (out / "evaluation.html").read_text()


def test_a_budget_is_of_all_models_together(evaluate: Callable[..., Said], server: ScriptedServer) -> None:
    stopped = evaluate("--max-calls", "7")
    kept = server.counts.answered
    done = evaluate("--max-calls", "100")

    assert (stopped.code, kept) == (3, 7)
    assert "the budget of 7 calls is used up" in stopped.out
    assert "--max-calls 14" in stopped.out
    assert (done.code, server.counts.answered) == (0, 2 * (N - 1))


def test_another_prompt_is_not_mixed_in(evaluate: Callable[..., Said], tmp_path: Path) -> None:
    """A prompt of one's own is asked with, its stop strings too; a folder has one prompt's answers."""
    prompt = tmp_path / "mine.yaml"
    prompt.write_text(
        "variables: [instruction, input]\nchat: {user: '{instruction} {input}'}\n"
        "completion: {text: 'Q: {instruction} {input} Output:', stop: ['it']}\n"
    )
    evaluate()
    other = evaluate("--prompt", str(prompt))
    fresh = evaluate("--prompt", str(prompt), "-o", f"{tmp_path}/other", "--json")

    assert other.code == 2
    assert "prompt differ" in other.err
    assert json.loads(fresh.out)["means"]["openai"]["rouge"]["mean"] > 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--max-cost", "1", "--set", "odd:model.base_url=https://example.org/v1"],
            "--max-cost needs the price of each model, and that of 'odd' is not known",
        ),
        (["--model", "opnai"], "did you mean 'openai'?"),
        (["--set", "oponai:run.seed=1"], "no model 'oponai' is asked (did you mean 'openai'?)"),
        (["--prompt", "judge"], "answer has no variable"),
        (["--set", "model.kind=talk"], "model.kind"),
    ],
)
def test_bad_input_is_one_line_before_anything_is_asked(
    evaluate: Callable[..., Said], server: ScriptedServer, arguments: list[str], said: str
) -> None:
    result = evaluate("--model", "odd=openai", "--set", "odd:model.name=nobody-knows-it", *arguments)

    assert result.code == 2
    assert said in result.err
    assert len(result.err.strip().splitlines()) <= 2
    assert server.counts.requests == 0


def test_a_folder_of_something_else_is_left_alone(
    evaluate: Callable[..., Said], server: ScriptedServer, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "tasks.jsonl").write_text("mine")

    result = evaluate()

    assert result.code == 2
    assert "not an evaluation's folder (it has 'tasks.jsonl')" in result.err
    assert server.counts.requests == 0
