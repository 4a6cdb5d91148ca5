"""How a judge is asked, where its replies stand, and what is made of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import AIMessage

from selfinstruct_chains import load_config
from selfinstruct_chains.errors import ProviderError
from selfinstruct_chains.method.parsing import UnreadableReply
from selfinstruct_chains.outputs.review.judge import Judge, Judged, answers_in, check_readable
from selfinstruct_chains.outputs.review.verdicts import Reviews
from selfinstruct_chains.testing import ScriptedChat
from selfinstruct_chains.testing.server import ScriptedServer
from tests.outputs.review.test_judge import CONFIG, TASKS, Judging, answers, ask
from tests.outputs.review.test_review import verdict

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.testing.plans import Asked


async def bodies(folder: Path, replies: list[str], **settings: Any) -> list[dict[str, Any]]:
    """What a server is asked about one task, by a judge whose replies these are."""
    waiting = iter(replies)
    with ScriptedServer(lambda prompt, seed: next(waiting)) as server:
        usual = {"model.base_url": server.base_url, "model.extra": {}, "model.api_key_env": None}
        config = load_config("openai", usual | {f"model.{key}": value for key, value in settings.items()})
        assert (await ask(Judge(config), TASKS[:1], Reviews(folder))).given == 1
        return [asked.body for asked in server.asked]


async def test_a_reply_has_room_and_a_schema(tmp_path: Path) -> None:
    """500 tokens, and twice as many at the second attempt; the reason comes before the answers, and nothing else."""
    first, second = await bodies(tmp_path, ["No idea.", answers()])

    assert (first["max_tokens"], second["max_tokens"]) == (500, 1000)
    [schema] = {json.dumps(body["response_format"]["json_schema"]["schema"]) for body in (first, second)}
    yes_or_no = {"type": "boolean"}
    assert json.loads(schema) == {
        "type": "object",
        "properties": {"reason": {"type": "string"}, "valid_instruction": yes_or_no}
        | {"appropriate_input": yes_or_no, "correct_output": yes_or_no},
        "required": ["reason", "valid_instruction", "appropriate_input", "correct_output"],
        "additionalProperties": False,
    }
    assert next(iter(json.loads(schema)["properties"])) == "reason"


@pytest.mark.parametrize(
    ("system_role", "roles"), [(None, ["system", "user"]), (True, ["system", "user"]), (False, ["user"])]
)
async def test_a_model_without_a_system_role_is_told_all_by_the_user(
    tmp_path: Path, system_role: bool | None, roles: list[str]
) -> None:
    """Where the chain says so."""
    [body] = await bodies(tmp_path, [answers()], system_role=system_role)

    assert [message["role"] for message in body["messages"]] == roles
    assert "You review tasks" in body["messages"][0]["content"]
    assert "stop" not in body


async def test_a_completion_model_stops_at_the_next_task(tmp_path: Path) -> None:
    """By the stop that stands in the prompt."""
    [body] = await bodies(tmp_path, [answers()], kind="completion")

    assert body["stop"] == ["\n\nInstruction:"]
    assert "response_format" not in body


async def test_nothing_to_judge_is_not_asked(tmp_path: Path) -> None:
    """Nor is the folder of its replies made."""
    judge = Judge(CONFIG, ScriptedChat(reply=Judging()))

    assert await ask(judge, [], Reviews(tmp_path), tmp_path / "judges") == Judged(0, 0, 0, "")
    assert list(tmp_path.iterdir()) == []


async def test_what_the_provider_refuses_is_counted_by_itself(tmp_path: Path) -> None:
    """It is no unreadable reply, and a judge that was refused all tasks is no bad judge."""
    more = [TASKS[0].model_copy(update={"id": f"t{number}"}) for number in range(3)]

    def refused(asked: Asked) -> str | None:
        return "openai/filtered_input_invalid_prompt" if "BAD" in asked.prompts[0] else None

    with ScriptedServer(lambda prompt, seed: answers(), faults=refused) as server:
        usual = {"model.base_url": server.base_url, "model.extra": {}, "model.api_key_env": None}
        judge, reviews = Judge(load_config("openai", usual)), Reviews(tmp_path)
        none = await ask(judge, TASKS[1:], reviews)
        check_readable(judge, none, reviews)
        found = await ask(judge, [*more, *TASKS[1:]], reviews)

    assert (none, found) == (Judged(0, 0, 1, ""), Judged(3, 0, 1, ""))


def test_a_judge_of_whom_nothing_can_be_read_is_told(tmp_path: Path) -> None:
    """With what it said; one of whom anything could be read before is not."""
    judge, reviews = Judge(CONFIG, ScriptedChat(reply=Judging())), Reviews(tmp_path)

    for count, about in ((1, "1 task"), (2, "2 tasks"), (1_200, "1,200 tasks")):
        with pytest.raises(ProviderError) as caught:
            check_readable(judge, Judged(0, count, 0, "no three answers in the reply 'x'"), reviews)
        assert str(caught.value) == (
            f"ScriptedChat: no reply about {about} could be read, so nothing was judged "
            "(no three answers in the reply 'x').\n"
            "Take a model that can answer in JSON, or tell it what to do by --prompt FILE.yaml"
        )
    check_readable(judge, Judged(0, 0, 0), reviews)
    reviews.put(verdict("a", by="judge").model_copy(update={"name": judge.name}))
    check_readable(judge, Judged(0, 2, 0), reviews)


def test_what_is_read_is_a_verdict_that_is_kept(tmp_path: Path) -> None:
    """With the judge's name in the chain, the model as its provider calls it, and why."""
    reviews = Reviews(tmp_path)
    question = Judge(CONFIG, ScriptedChat(reply=Judging())).question(TASKS[0], reviews)

    read = question.read(AIMessage(answers(correct_output=False), response_metadata={"model_name": "gpt"}))

    assert read == verdict(TASKS[0].id, "yyn", by="judge").model_copy(
        update={"name": "ScriptedChat", "model": "gpt", "reason": "Because."}
    )
    assert reviews.by("judge") == {TASKS[0].id: read}
    assert question.id.startswith(f"{TASKS[0].id}/")


def test_a_judge_s_folder_is_named_after_its_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By what a name in a folder may hold, cut at 40 characters; the order of parameters makes no other folder."""
    monkeypatch.setenv("OPENAI_API_KEY", "dummy")

    def folder(name: str, **extra: Any) -> Path:
        return Judge(load_config("openai", {"model.name": name, "model.extra": extra})).folder(tmp_path)

    found = folder("org/a b:" + "c" * 50)
    assert found.parent == tmp_path / "judges"
    name, _, digest = found.name.rpartition("-")
    assert (name, len(digest)) == ("a-b-" + "c" * 36, 6)
    assert folder("one", reasoning_effort="none", verbosity="low") == folder(
        "one", verbosity="low", reasoning_effort="none"
    )
    assert folder("one", verbosity="low") != folder("one", verbosity="high")


def test_an_unreadable_reply_is_quoted() -> None:
    """Its beginning, sixty characters of it."""
    with pytest.raises(UnreadableReply) as caught:
        answers_in("x" * 100)

    assert str(caught.value) == f"no three answers in the reply '{'x' * 60}'"
    assert caught.value.llm_output == "x" * 100
