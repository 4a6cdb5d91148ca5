"""`classification_only: true`: classification tasks are shown, asked for and kept, and nothing else."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_core.tracers.context import collect_runs

from selfinstruct_chains import build_steps, load_config, read_seeds, self_instruct
from selfinstruct_chains.config import fingerprint
from selfinstruct_chains.errors import ConfigError, DataError
from selfinstruct_chains.files import shipped
from selfinstruct_chains.run.checking import check_chain
from selfinstruct_chains.run.estimate import from_defaults
from selfinstruct_chains.run.refilter import refilter
from selfinstruct_chains.run.show import show_prompt
from selfinstruct_chains.testing import Reply, ScriptedChat, scripted_author
from tests.run.scripts import config, files

if TYPE_CHECKING:
    from pathlib import Path

SEEDS = read_seeds(shipped.SEEDS)
HALF = re.compile(r"^(\d+\. )(?:Explain|Describe|Plan|List|Draft|Review) ", re.MULTILINE)
ASKS = "classification tasks that different people asked for help with"


class Listening:
    """`scripted_author`, half of whose instructions are classification where that is asked for; keeps what it hears."""

    def __init__(self) -> None:
        self.prompts: list[str] = []

    def __call__(self, prompt: str, seed: int | None) -> Reply:
        self.prompts.append(prompt)
        reply = scripted_author(prompt, seed)
        return reply._replace(text=HALF.sub(r"\1Decide whether ", reply.text)) if ASKS in prompt else reply

    @property
    def model(self) -> ScriptedChat:
        """A chat model that this author answers for."""
        return ScriptedChat(reply=self)


def lines(folder: Path, name: str) -> list[dict[str, Any]]:
    """What stands in a file of a run."""
    return [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]


async def grow(folder: Path | None, n: int, author: Listening, **overrides: object) -> list[Any]:
    """A run in this mode."""
    return await self_instruct(config(classification_only=True, **overrides), folder, models=author.model).ainvoke(
        {"n": n}
    )


async def test_a_run_has_classification_tasks_alone(tmp_path: Path) -> None:
    """Exactly n, all of them; what is identified as none is rejected by name, and no instance of it is asked for."""
    author = Listening()
    tasks = await grow(tmp_path, 12, author)
    rules = Counter((row["stage"], row["rule"]) for row in lines(tmp_path, "rejected.jsonl"))
    keys = [line["key"].split("/") for line in lines(tmp_path, "journal.jsonl")]
    left_out = {row["id"] for row in lines(tmp_path, "rejected.jsonl") if row["rule"] == "not_classification"}

    assert [task.is_classification for task in tasks] == [True] * 12
    assert rules["task", "not_classification"] > 0
    assert {role for role, *_ in keys} == {"found", "instructions", "classification", "output_first"}
    assert not left_out & {item for role, item, _ in keys if role == "output_first"}


async def test_requests_show_classification_tasks_and_ask_for_them() -> None:
    """The seeds in a request are classification tasks, and its words ask for such."""
    author = Listening()
    tasks = await grow(None, 12, author)
    kinds = {task.id: task.is_classification for task in SEEDS}
    asked = [prompt for prompt in author.prompts if ASKS in prompt]

    assert len(asked) >= 2
    assert {kinds[id_] for task in tasks for id_ in task.provenance.examples if id_ in kinds} == {True}


async def test_it_goes_on_and_is_replayed_and_refiltered(tmp_path: Path) -> None:
    """The same folder extended, replayed, or filtered anew gives what one run would have given."""
    await grow(tmp_path / "whole", 12, Listening())
    await grow(tmp_path / "torn", 5, Listening())
    await grow(tmp_path / "torn", 12, Listening())
    again = Listening()
    await grow(tmp_path / "torn", 12, again)
    refiltered = refilter(tmp_path / "torn", {"novelty.threshold": 0.7}, tmp_path / "new")

    assert files(tmp_path / "torn") == files(tmp_path / "whole") == files(tmp_path / "new")
    assert again.prompts == []
    assert len(refiltered.tasks) == 12


async def test_traced_and_untraced_it_is_the_same() -> None:
    """LangChain runs the composition as the quiet walk does."""
    quiet = await grow(None, 6, Listening())
    with collect_runs() as runs:
        traced = await grow(None, 6, Listening())

    assert traced == quiet
    assert runs.traced_runs


@pytest.mark.parametrize(("answer", "rule", "count"), [(True, "", 2), (False, "not_classification", 0)])
async def test_the_step_alone(answer: bool, rule: str, count: int) -> None:
    """`complete` of what is no classification task says why there is no instance, and asks for none."""
    steps = build_steps(
        config(classification_only=True),
        models={
            "classification": RunnableLambda(lambda _: "Yes" if answer else "No"),
            "input_first": RunnableLambda(lambda _: pytest.fail("no input-first")),
            "output_first": RunnableLambda(lambda _: "Class label: good\nInput: a\n\nClass label: bad\nInput: b"),
        },
    )
    done = await steps.complete.ainvoke("Good or bad?")

    assert (done.is_classification, done.rule, len(done.instances)) == (answer, rule, count)


def test_it_is_part_of_the_fingerprint_only_where_it_is_set() -> None:
    """A run that was begun before there was the key is found again; its texts for this mode may change without it."""
    plain, on, off = (
        load_config("openai", given) for given in ({}, {"classification_only": True}, {"classification_only": False})
    )

    assert fingerprint(plain.shaping()) == fingerprint(off.shaping()) != fingerprint(on.shaping())
    assert not [key for key in plain.shaping() if "classification_only" in key]
    assert on.shaping()["classification_only"] is True
    assert "instructions.prompt.classification_only.chat.user" in on.shaping()


def test_too_few_classification_seeds_are_said() -> None:
    """Seeds of other kinds don't fill a request; the message counts those that would."""
    seeds = [task for task in SEEDS if not task.is_classification] + [t for t in SEEDS if t.is_classification][:3]
    chain = self_instruct(config(classification_only=True), models=Listening().model, seeds=seeds)

    with pytest.raises(DataError, match=r"3 classification tasks, but each request shows 6; .*seed_examples=3"):
        chain.invoke({"n": 1})


def test_check_show_graph_and_estimate_say_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each shows the chain as it will run."""
    monkeypatch.setenv("OPENAI_API_KEY", "dummy")
    only = load_config("openai", {"classification_only": True})
    drawn = self_instruct(only).get_graph().draw_mermaid()

    assert any(line.startswith("classification_only: ") for line in check_chain(only))
    assert ASKS in show_prompt(only, "instructions").prompt
    assert "left" in drawn
    assert "input_first" not in drawn
    assert from_defaults(only, SEEDS, 100).roles["input_first"].calls == 0


def test_a_prompt_of_ones_own_asks_as_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """A prompt without texts for this mode stands as it is, and `check` warns; LangChain's templates have none."""
    monkeypatch.setenv("OPENAI_API_KEY", "dummy")
    own = ChatPromptTemplate.from_messages([("human", "Sorting tasks like these:\n{examples}\nMore:")])
    chain = load_config("openai", {"classification_only": True, "instructions.prompt": own})

    assert show_prompt(chain, "instructions").prompt.startswith("[human]\nSorting tasks like these:\n1. ")
    assert [line for line in check_chain(chain) if line.startswith("warning: instructions.prompt has no texts for")]


@pytest.mark.parametrize(
    ("role", "text", "expected"),
    [
        ("instructions", "Ask {exmaples}", "classification_only.chat.user: instructions has no variable 'exmaples'"),
        ("classification", "{examples} {instruction}", "classification_only: only the prompt for instructions has it"),
    ],
)
def test_a_wrong_text_is_answered_before_any_call(tmp_path: Path, role: str, text: str, expected: str) -> None:
    """The texts for this mode are checked as the others are."""
    prompt = (shipped.PROMPTS / f"{role}.yaml").read_text("utf-8").partition("# In place of both")[0]
    prompt += f"classification_only:\n  chat: {{user: '{text}'}}\n  completion: {{text: '{text}'}}\n"
    (tmp_path / "mine.yaml").write_text(prompt, "utf-8")

    with pytest.raises(ConfigError, match=expected):
        load_config("openai", {f"{role}.prompt": str(tmp_path / "mine.yaml")})
