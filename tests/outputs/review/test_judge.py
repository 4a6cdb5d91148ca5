"""A model as the reviewer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import load_config
from selfinstruct_chains.errors import ConfigError, ProviderError
from selfinstruct_chains.method.parsing import UnreadableReply
from selfinstruct_chains.outputs.review.judge import (
    Judge,
    Judged,
    answers_in,
    check_readable,
    judge_prompt,
    judged,
    waiting,
)
from selfinstruct_chains.outputs.review.outcome_text import judged_text
from selfinstruct_chains.outputs.review.sitting import outcome
from selfinstruct_chains.outputs.review.verdicts import Reviews
from selfinstruct_chains.run.monitor import Monitor
from selfinstruct_chains.testing import Reply, ScriptedChat, ScriptedCompletion
from selfinstruct_chains.testing.server import ScriptedServer
from tests.outputs.runs import task

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains import Task

CONFIG = load_config("openai")
TASKS = [task(0, "Name a river.", ("", "The Elbe.")), task(1, "Say {braces} and BAD things.", ("a", "b"), ("c", "d"))]


def answers(**given: Any) -> str:
    """A judge's reply, all three answers yes unless given otherwise."""
    yes = {"valid_instruction": True, "appropriate_input": True, "correct_output": True}
    return json.dumps({"reason": "Because.", **yes, **given})


async def ask(judge: Judge, tasks: list[Task], reviews: Reviews, folder: Path | None = None) -> Judged:
    """What comes of judging."""
    return await judged(judge, tasks, reviews, folder=folder, monitor=Monitor())


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

    monitor = Monitor()
    found = await judged(
        Judge(CONFIG, ScriptedChat(reply=judging)), TASKS, reviews, folder=tmp_path / "judges", monitor=monitor
    )

    assert found == Judged(given=2, unreadable=0, refused=0)
    assert (monitor.finished, monitor.total.calls, monitor.total.input_tokens) == (2, 2, 20)
    assert {id_: one.approved for id_, one in reviews.by("judge").items()} == {"000000-00": True, "000000-01": False}
    assert Reviews(tmp_path).by("judge") == reviews.by("judge")
    assert reviews.by("judge")["000000-01"].model == "scripted"
    assert reviews.by("judge")["000000-01"].reason == "Because."
    assert reviews.by("person") == {}


async def test_a_judge_sees_the_task_with_all_its_instances(tmp_path: Path) -> None:
    """As JSON, so that what stands in them can't pass for the end of the task; braces stay as they are."""
    judging = Judging()

    await ask(Judge(CONFIG, ScriptedChat(reply=judging)), TASKS[1:], Reviews(tmp_path))

    [prompt] = judging.prompts
    assert "Instruction: Say {braces} and BAD things." in prompt
    assert 'Instances: {"instances":[{"input":"a","output":"b"},{"input":"c","output":"d"}]}' in prompt
    assert '"valid_instruction": true or false' in prompt


async def test_completion_models_judge_too(tmp_path: Path) -> None:
    """They go on from the prompt's other form."""
    judging, reviews = Judging(), Reviews(tmp_path)

    await ask(Judge(CONFIG, ScriptedCompletion(reply=judging)), TASKS, reviews)

    assert len(reviews.by("judge")) == 2
    assert all(prompt.endswith("Review as JSON:") for prompt in judging.prompts)


async def test_what_was_judged_is_not_asked_again(tmp_path: Path) -> None:
    """A judge that was stopped goes on."""
    judging, reviews = Judging(), Reviews(tmp_path)
    await ask(Judge(CONFIG, ScriptedChat(reply=judging)), TASKS[:1], reviews)

    found = await ask(Judge(CONFIG, ScriptedChat(reply=judging)), TASKS, Reviews(tmp_path))

    assert found.given == 1
    assert len(judging.prompts) == 2


@pytest.mark.parametrize("poor", ["", "Yes.", "{", '{"valid_instruction": true}', answers(correct_output="maybe")])
async def test_an_unreadable_reply_is_asked_once_more(tmp_path: Path, poor: str) -> None:
    """The second reply counts."""
    judging, reviews = Judging(first=poor), Reviews(tmp_path)

    found = await ask(Judge(CONFIG, ScriptedChat(reply=judging)), TASKS[:1], reviews)

    assert (found.given, found.unreadable, len(judging.prompts)) == (1, 0, 2)


async def test_the_second_attempt_has_another_seed_and_twice_the_room(tmp_path: Path) -> None:
    """The same seed would give the same poor reply, and one that was cut needs more tokens."""
    asked: list[tuple[int, int]] = []

    class Limited(ScriptedChat):
        max_tokens: int | None = None

        async def _agenerate(self, messages, stop=None, run_manager=None, **kwargs):
            asked.append((kwargs["seed"], kwargs.get("max_tokens", self.max_tokens)))
            return await super()._agenerate(messages, stop, run_manager, **kwargs)

    judge = Judge(CONFIG, Limited(reply=Judging(first='{"reason": "Bec'), max_tokens=100))
    assert (await ask(judge, TASKS[:1], Reviews(tmp_path))).given == 1

    [(first, limit), (second, larger)] = asked
    assert first != second
    assert (limit, larger) == (100, 200)


async def test_a_task_that_gets_no_readable_reply_has_no_verdict(tmp_path: Path) -> None:
    """It is counted, and not written as a no; a judge of whom nothing can be read is an error that says so."""
    judge, reviews = Judge(CONFIG, ScriptedChat(reply=lambda prompt, seed: "No idea.")), Reviews(tmp_path)

    found = await ask(judge, TASKS, reviews)

    assert found[:3] == (0, 2, 0)
    assert reviews.by("judge") == {}
    with pytest.raises(ProviderError, match=r"no reply about 2 tasks could be read.*'No idea.'.*\n.*--prompt"):
        check_readable(judge, found, reviews)
    await ask(Judge(CONFIG, ScriptedChat(reply=Judging())), TASKS[:1], reviews)
    check_readable(judge, found, reviews)


async def test_a_judge_that_was_stopped_pays_for_nothing_twice(tmp_path: Path) -> None:
    """Replies are kept before anything is made of them: a verdict that was lost is written again without a call."""
    judging = Judging()
    judge = Judge(CONFIG, ScriptedChat(reply=judging))
    await ask(judge, TASKS, Reviews(tmp_path), judge.folder(tmp_path))
    (tmp_path / "review.jsonl").unlink()

    found = await ask(judge, TASKS, Reviews(tmp_path), judge.folder(tmp_path))

    assert (found.given, len(judging.prompts)) == (2, 2)
    assert len(Reviews(tmp_path).by("judge")) == 2


async def test_another_judge_judges_anew(tmp_path: Path) -> None:
    """Its verdicts count, the first one's are kept beside them; of one that gave no name nothing is asked again."""

    class Other(ScriptedChat):
        """A model of another name."""

    for model in (ScriptedChat(reply=Judging()), Other(reply=Judging())):
        await ask(Judge(CONFIG, model), TASKS, Reviews(tmp_path))
    reviews = Reviews(tmp_path)
    names = reviews.names("judge")
    reviews.put(reviews.by("judge")["000000-00"].model_copy(update={"name": None}))

    third = Judge(CONFIG, ScriptedCompletion(reply=Judging()))
    assert names == ["Other", "ScriptedChat"]
    assert [task.id for task in waiting(third, TASKS, reviews)] == ["000000-01"]


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

    assert (found.valid_instruction, found.correct_output) == (True, right)


@pytest.mark.parametrize("reply", ["", "Yes.", "{", '{"valid_instruction": true}'])
def test_a_reply_without_three_answers_is_unreadable(reply: str) -> None:
    """It is no verdict."""
    with pytest.raises(UnreadableReply):
        answers_in(reply)


async def test_a_model_that_can_t_be_built_is_said_as_such(tmp_path: Path) -> None:
    """The error itself, not a group of them."""
    with pytest.raises(ConfigError, match="OPENAI_API_KEY is not set"):
        await ask(Judge(CONFIG), TASKS, Reviews(tmp_path))


@pytest.mark.parametrize("kind", ["chat", "completion"])
async def test_a_judge_without_json_schema_is_asked_in_words(tmp_path: Path, kind: str) -> None:
    """OpenAI's completion protocol has no schema: the prompt asks for JSON, and the reply is read all the same."""
    with ScriptedServer(lambda prompt, seed: answers()) as server:
        config = load_config("openai", {"model.kind": kind, "model.base_url": server.base_url, "model.extra": {}})
        found = await ask(Judge(config), TASKS, Reviews(tmp_path))
        held = {"response_format" in asked.body for asked in server.asked}

    assert found.given == 2
    assert held == {kind == "chat"}


OWN = """
variables: [instruction, instances]
chat: {system: Judge., user: "MINE {instruction} {instances}"}
completion: {text: "MINE {instruction} {instances}"}
"""


async def test_a_prompt_of_one_s_own_takes_the_shipped_one_s_place(tmp_path: Path) -> None:
    """What the judge is told may stand in a file of the user's."""
    own, judging = tmp_path / "own.yaml", Judging()
    own.write_text(OWN, encoding="utf-8")
    judge = Judge(CONFIG, ScriptedChat(reply=judging), judge_prompt(str(own)))

    await ask(judge, TASKS, Reviews(tmp_path))

    assert judge.folder(tmp_path) != Judge(CONFIG, ScriptedChat(reply=judging)).folder(tmp_path)

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
    own = tmp_path / "own.yaml"
    own.write_text(OWN.replace(old, new), encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        judge_prompt(str(own))

    assert str(caught.value).startswith(f"{own}: ")
    assert expected in str(caught.value)


def test_what_a_judge_left_out_is_said(tmp_path: Path) -> None:
    """Tasks without a readable answer, and those that the provider refused, a line each; without any, none."""
    found = outcome(tmp_path, TASKS, "judge")
    some = judged_text(Judged(3, 1_200, 2), "$0.01", found, tmp_path).splitlines()
    none = judged_text(Judged(3, 0, 0), "$0.01", found, tmp_path)

    assert some[:3] == [
        "3 judged now: $0.01.",
        "1,200 got no readable answer, twice; they have no verdict.",
        "2 were refused by the provider; they have no verdict.",
    ]
    assert "no verdict" not in none
