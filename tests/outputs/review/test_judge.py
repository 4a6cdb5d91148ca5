"""A model as the reviewer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import load_config
from selfinstruct_chains.errors import ConfigError, ProviderError
from selfinstruct_chains.method.parsing import UnreadableReply
from selfinstruct_chains.outputs.review.judge import Judge, Judged, answers_in, check_readable, judge_prompt, judged
from selfinstruct_chains.outputs.review.verdicts import Reviews
from selfinstruct_chains.run.monitor import Monitor
from selfinstruct_chains.testing import Reply, ScriptedChat, ScriptedCompletion
from selfinstruct_chains.testing.server import ScriptedServer
from tests.outputs.runs import run_folder, task

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = load_config("openai")
TASKS = [task(0, "Name a river.", ("", "The Elbe.")), task(1, "Say {braces} and BAD things.", ("a", "b"), ("c", "d"))]


def answers(**given: Any) -> str:
    """A judge's reply, all three answers yes unless given otherwise."""
    yes = {"valid_instruction": True, "appropriate_input": True, "correct_output": True}
    return json.dumps({"reason": "Because.", **yes, **given})


class Judging:
    """A judge that finds BAD tasks wrong, and remembers what it was asked."""

    def __init__(self, *, first: str | None = None) -> None:
        self.prompts: list[str] = []
        self._first = first

    def __call__(self, prompt: str, seed: int | None) -> Reply:
        self.prompts.append(prompt)
        if self._first is not None and len(self.prompts) == 1:
            return Reply(self._first)
        return Reply(answers(correct_output="BAD" not in prompt), input_tokens=10, output_tokens=5)


async def test_a_judge_s_verdicts_are_kept(tmp_path: Path) -> None:
    """With the model's name and its reason, one for each task."""
    judging, reviews = Judging(), Reviews(tmp_path)

    judged = await Judge(CONFIG, ScriptedChat(reply=judging)).judge(TASKS, reviews)

    assert judged == Judged(given=2, failed=0, tokens=30)
    assert {id_: one.approved for id_, one in reviews.by("judge").items()} == {"000000-00": True, "000000-01": False}
    assert Reviews(tmp_path).by("judge") == reviews.by("judge")
    assert reviews.by("judge")["000000-01"].model == "scripted"
    assert reviews.by("judge")["000000-01"].reason == "Because."
    assert reviews.by("person") == {}


async def test_a_judge_sees_the_task_with_all_its_instances(tmp_path: Path) -> None:
    """As JSON, so that what stands in them can't pass for the end of the task; braces stay as they are."""
    judging = Judging()

    await Judge(CONFIG, ScriptedChat(reply=judging)).judge(TASKS[1:], Reviews(tmp_path))

    [prompt] = judging.prompts
    assert "Instruction: Say {braces} and BAD things." in prompt
    assert 'Instances: {"instances":[{"input":"a","output":"b"},{"input":"c","output":"d"}]}' in prompt
    assert '"valid_instruction": true or false' in prompt


async def test_completion_models_judge_too(tmp_path: Path) -> None:
    """They go on from the prompt's other form."""
    judging, reviews = Judging(), Reviews(tmp_path)

    await Judge(CONFIG, ScriptedCompletion(reply=judging)).judge(TASKS, reviews)

    assert len(reviews.by("judge")) == 2
    assert all(prompt.endswith("Review as JSON:") for prompt in judging.prompts)


async def test_what_was_judged_is_not_asked_again(tmp_path: Path) -> None:
    """A judge that was stopped goes on."""
    judging, reviews = Judging(), Reviews(tmp_path)
    await Judge(CONFIG, ScriptedChat(reply=judging)).judge(TASKS[:1], reviews)

    judged = await Judge(CONFIG, ScriptedChat(reply=judging)).judge(TASKS, Reviews(tmp_path))

    assert judged.given == 1
    assert len(judging.prompts) == 2


@pytest.mark.parametrize("poor", ["", "Yes.", "{", '{"valid_instruction": true}', answers(correct_output="maybe")])
async def test_an_unreadable_reply_is_asked_once_more(tmp_path: Path, poor: str) -> None:
    """The second reply counts."""
    judging, reviews = Judging(first=poor), Reviews(tmp_path)

    judged = await Judge(CONFIG, ScriptedChat(reply=judging)).judge(TASKS[:1], reviews)

    assert (judged.given, judged.failed, len(judging.prompts)) == (1, 0, 2)


async def test_the_second_attempt_has_another_seed_and_twice_the_room(tmp_path: Path) -> None:
    """The same seed would give the same poor reply, and one that was cut needs more tokens."""
    asked: list[tuple[int, int]] = []

    class Limited(ScriptedChat):
        max_tokens: int | None = None

        async def _agenerate(self, messages, stop=None, run_manager=None, **kwargs):
            asked.append((kwargs["seed"], kwargs.get("max_tokens", self.max_tokens)))
            return await super()._agenerate(messages, stop, run_manager, **kwargs)

    judge = Judge(CONFIG, Limited(reply=Judging(first='{"reason": "Bec'), max_tokens=100))
    assert (await judge.judge(TASKS[:1], Reviews(tmp_path))).given == 1

    [(first, limit), (second, larger)] = asked
    assert first != second
    assert (limit, larger) == (100, 200)


async def test_a_task_that_gets_no_readable_reply_has_no_verdict(tmp_path: Path) -> None:
    """It is counted, and not written as a no."""
    told: list[object] = []
    reviews = Reviews(tmp_path)

    judged = await Judge(CONFIG, ScriptedChat(reply=lambda prompt, seed: "No idea.")).judge(TASKS, reviews, told.append)

    assert judged[:2] == (0, 2)
    assert told == [None, None]
    assert reviews.by("judge") == {}


@pytest.mark.parametrize(
    ("reply", "right"),
    [
        (answers(), True),
        (f"```json\n{answers()}\n```", True),
        (f"Here it is: {answers()} I hope that helps.", True),
        (f"<think>{answers(correct_output=False)}? No.</think>{answers()}", True),
        (answers(correct_output=False), False),
        (answers(valid_instruction="yes", correct_output="no"), False),
    ],
)
def test_replies_are_read_with_what_stands_around_them(reply: str, right: bool) -> None:
    """Code fences, thoughts, words before and after, and answers in words."""
    found = answers_in(reply)

    assert found
    assert (found.valid_instruction, found.correct_output) == (True, right)


async def test_a_model_that_can_t_be_built_is_said_as_such(tmp_path: Path) -> None:
    """The error itself, not a group of them."""
    with pytest.raises(ConfigError, match="OPENAI_API_KEY is not set"):
        await Judge(CONFIG).judge(TASKS, Reviews(tmp_path))


def test_judging_says_what_came_of_it(tmp_path: Path) -> None:
    """The whole way, with a sample larger than the run."""
    run = run_folder(tmp_path / "run", TASKS)
    said: list[str] = []

    shares = sitting.judge(run.path, 200, CONFIG, say=said.append, model=ScriptedChat(reply=Judging()))

    assert shares.reviewed == 2
    assert shares.yes["all"] == 0.5
    assert said == ["The run has 2 tasks; all of them are in the sample.", "2 judged now, for 30 tokens."]


@pytest.mark.parametrize("kind", ["chat", "completion"])
def test_a_judge_without_json_schema_is_asked_in_words(tmp_path: Path, kind: str) -> None:
    """OpenAI's completion protocol has no schema: the prompt asks for JSON, and the reply is read all the same."""
    run = run_folder(tmp_path / "run", TASKS).path
    with ScriptedServer(lambda prompt, seed: answers()) as server:
        config = load_config("openai", {"model.kind": kind, "model.base_url": server.base_url, "model.extra": {}})
        outcome = sitting.judge(run, 2, config, say=lambda _: None)
        held = {"response_format" in asked.body for asked in server.asked}

    assert (outcome.reviewed, outcome.yes["all"]) == (2, 1.0)
    assert held == {kind == "chat"}


OWN = """
variables: [instruction, instances]
chat: {system: Judge., user: "MINE {instruction} {instances}"}
completion: {text: "MINE {instruction} {instances}"}
"""


def test_a_prompt_of_one_s_own_takes_the_shipped_one_s_place(tmp_path: Path) -> None:
    """What the judge is told may stand in a file of the user's."""
    run = run_folder(tmp_path / "run", TASKS)
    own, judging = tmp_path / "own.yaml", Judging()
    own.write_text(OWN, encoding="utf-8")

    sitting.judge(run.path, 2, CONFIG, say=lambda _: None, prompt=str(own), model=ScriptedChat(reply=judging))

    assert len(judging.prompts) == 2
    assert all("MINE" in prompt for prompt in judging.prompts)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "{instruction}",
            "{instrction}",
            "chat.user: judge has no variable 'instrction' (did you mean 'instruction'?)",
        ),
        (' {instances}"}\ncomp', '"}\ncomp', "chat: {instances} is missing; the model would not see the task"),
        ("[instruction, instances]", "[instruction]", "variables: {instances} is used, but not declared here"),
        ("variables:", "example: x\nvariables:", "example: a judge is shown no demonstrations"),
        (
            'MINE {instruction} {instances}"}\ncomp',
            '{format} {instruction}"}\ncomp',
            "{format} is used, but there is no",
        ),
        ("system: Judge.", "system: '{'", "chat.system: a brace has no partner"),
    ],
)
def test_a_judge_s_prompt_is_checked_as_the_others_are(tmp_path: Path, old: str, new: str, expected: str) -> None:
    """A variable that a judge has not, or that a form forgets, is named before any call and any verdict."""
    assert old in OWN
    own, judging = tmp_path / "own.yaml", Judging()
    own.write_text(OWN.replace(old, new), encoding="utf-8")
    run = run_folder(tmp_path / "run", TASKS)

    with pytest.raises(ConfigError) as caught:
        sitting.judge(run.path, 2, CONFIG, say=lambda _: None, prompt=str(own), model=ScriptedChat(reply=judging))

    assert str(caught.value).startswith(f"{own}: ")
    assert expected in str(caught.value)
    assert judging.prompts == []
