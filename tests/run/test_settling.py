"""In which form requests are made is settled by as few calls as can be, each of which the journal has."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda

from selfinstruct_chains import ChainConfig, load_config
from selfinstruct_chains.config import ROLES, Role
from selfinstruct_chains.errors import ConfigError, ProviderError
from selfinstruct_chains.method.pool import Pool
from selfinstruct_chains.method.rendering import numbered
from selfinstruct_chains.run.callers import disconnect
from selfinstruct_chains.run.entry import Entry
from selfinstruct_chains.run.found import Finding
from selfinstruct_chains.run.journal import Journal, text_hash
from selfinstruct_chains.run.settling import Settling, request, settle
from selfinstruct_chains.testing import ScriptedChat, scripted_author
from tests.run.picky import Body, Picky, Refusal, no_schema, no_system, text_alone
from tests.run.settlings import SEEDS, settling

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
ALL = ["input_first", "instructions", "classification", "output_first"]
"""In the order in which a finding names them: the one whose request was sent comes first."""
OUTPUTS = {f"instances.{form}_first.output": "text" for form in ("input", "output")}
MERE = ChatPromptTemplate([("human", "{instruction}")])
"""A prompt without a system message."""
IN_JSON = ChatPromptTemplate([("human", 'Write {{"instances": [...]}}.\n\nTask: {instruction}')])
"""The same, for instances."""
LATER = ChatPromptTemplate([("human", "Sing."), ("ai", "La."), ("system", "Sort."), ("human", "{instruction}")])
"""One that has it behind others."""


def takes_all(_: Body) -> Refusal:
    """Refuses nothing."""
    return None


def chain(server: Picky | None, **values: Any) -> ChainConfig:
    """The openai chain, at a server of one's own."""
    given = {key.replace("__", "."): value for key, value in values.items()}
    at = {"model.base_url": server.base_url, "model.name": "m", "model.extra": {}} if server else {}
    return load_config("openai", at | given)


class Settled(NamedTuple):
    """What came of it."""

    config: ChainConfig
    lines: list[str]
    given: Settling
    bodies: list[Body]

    @property
    def found(self) -> dict[str, tuple[list[str], str | None, bool | None, bool]]:
        """What the journal has of it: whose, in which form, and whether it was taken."""
        return {
            key: (value["roles"], value["output"], value["system_role"], value["taken"])
            for key, value in self.given.journal.found().items()
        }


async def settled(
    refuse: Callable[[Body], Refusal] = takes_all,
    journal: Journal | None = None,
    *,
    prose: bool = False,
    steps: Any = None,
    **values: Any,
) -> Settled:
    """A chain that is settled at a server."""
    async with Picky(refuse, prose=prose) as server:
        given = settling(chain(server, **values), journal, steps=steps)
        try:
            config, lines = await settle(given)
        finally:
            await disconnect(given.found)
        return Settled(config, lines, given, server.bodies)


@pytest.mark.parametrize(
    ("refuse", "number", "output", "system", "lines"),
    [
        (takes_all, 1, "json_schema", True, []),
        (no_system, 2, "json_schema", False, ["the system text stands in front of the user's (system_role: false)"]),
        (no_schema, 3, "function_calling", True, ["output: auto is function_calling"]),
        (text_alone, 7, "text", True, ["output: auto is text"]),
    ],
)
async def test_the_first_form_that_is_taken_is_kept(
    refuse: Callable[[Body], Refusal], number: int, output: str, system: bool, lines: list[str]
) -> None:
    """Of all roles, under the number of its call; those before it were faults, and the first of them is the reason."""
    there = await settled(refuse)
    given, key = there.given, f"found/input_first/{number}"
    entry = given.journal.get(key)

    assert there.found == {key: (ALL, output, system, True)}
    assert [there.config.role(role).output for role in ROLES] == ["text", "text", output, output]
    assert {there.config.model_for(role).system_role for role in ROLES} == {system}
    assert [line.partition(", since ")[0] for line in there.lines] == [f"{', '.join(ALL)}: {line}" for line in lines]
    assert all("the server refused a JSON schema and a system role (" in line for line in there.lines)
    assert all(line.endswith(")") and line.count("the server refused") == 1 for line in there.lines)
    assert len(there.bodies) == number
    usage = given.journal.usage
    assert sum(one.faults for one in usage.values()) == number - 1
    assert sum(one.calls for one in usage.values()) == given.calling["input_first"].monitor.new_calls == 1
    assert entry
    assert (entry.kind, entry.reply, entry.model) == ("found", None, "m")
    assert entry.prompt_sha256 == text_hash(request(given, Finding.model_validate(entry.value))[0].to_string())
    assert 0 <= (entry.ms or 0) < 5000


async def test_a_reply_that_is_no_json_settles_its_form_too() -> None:
    """Each form that is ignored is kept as not taken, text is the last."""
    there = await settled(prose=True)

    forms = [
        (output, system) for output in ("json_schema", "function_calling", "json_mode") for system in (True, False)
    ]
    assert there.found == {
        **{f"found/input_first/{n}": (ALL, *form, False) for n, form in enumerate(forms, start=1)},
        "found/input_first/7": (ALL, "text", True, True),
    }
    why = "the reply to a JSON schema and a system role was no JSON"
    assert there.lines == [f"{', '.join(ALL)}: output: auto is text, since {why}"]
    assert there.given.calling["input_first"].monitor.new_calls == 7


async def test_where_every_form_is_refused_the_last_refusal_is_told() -> None:
    """Nothing is settled then."""
    asked: list[Body] = []

    def refuse(body: Body) -> Refusal:
        asked.append(body)
        return 400, {"error": {"message": f"Refused for the {len(asked)}. time.", "type": "invalid_request_error"}}

    with pytest.raises(ProviderError, match=r"Refused for the 8\. time\."):
        await settled(refuse)
    assert len(asked) == 8


@pytest.mark.parametrize(
    ("status", "message", "calls"),
    [
        (400, "Not today.", 3),
        (404, "There is no endpoint that takes response_format.", 3),
        (404, "There is no such model.", 1),
    ],
)
async def test_a_refusal_that_may_be_the_form_s_lets_another_be_tried(status: int, message: str, calls: int) -> None:
    """One of this prompt alone, or in words about forms; any other ends it."""
    asked: list[Body] = []

    def refuse(body: Body) -> Refusal:
        asked.append(body)
        schema = (body.get("response_format") or {}).get("type") == "json_schema"
        return (status, {"error": {"message": message, "type": "x"}}) if schema else None

    if calls == 1:
        with pytest.raises(ProviderError, match=message):
            await settled(refuse)
    else:
        assert (await settled(refuse)).config.instances.input_first.output == "function_calling"
    assert len(asked) == calls


async def test_a_long_refusal_is_told_by_its_beginning() -> None:
    """120 characters of it; one of 120 is whole."""

    async def why(characters: int) -> str:
        message = {"error": {"message": "x" * characters, "type": "invalid_request_error"}}
        there = await settled(lambda body: (400, message) if no_system(body) else None)
        [line] = there.lines
        return line.partition("a system role (")[2].removesuffix(")")

    around = len(await why(1)) - 1
    longest, cut = await why(120 - around), await why(121 - around)
    assert (len(longest), longest[-1]) == (120, "x")
    assert (len(cut), cut[-5:]) == (124, "x ...")


async def test_a_folder_with_replies_had_a_system_message() -> None:
    """It was begun before that was asked about: no form without one is tried."""

    def begun() -> Journal:
        journal = Journal()
        journal.write(Entry("instructions/000000/1", "h", reply="1. Sing.", usage=None, model="m", ms=1))
        return journal

    assert (await settled(journal=begun())).found == {"found/input_first/1": (ALL, "json_schema", True, True)}
    asked: list[Body] = []
    with pytest.raises(ProviderError):
        await settled(lambda body: asked.append(body) or no_system(body), begun())
    assert len(asked) == 4


async def test_steps_of_ones_own_are_not_asked_about() -> None:
    """The others are: by the first that has something open, though that is the system message alone."""
    own = {
        role: RunnableLambda(lambda text: [{"input": "", "output": text}]) for role in ("input_first", "output_first")
    }
    there = await settled(no_system, steps=own)

    assert there.found == {"found/instructions/2": (["instructions", "classification"], None, False, True)}
    assert there.config.instances.input_first.output == "auto"
    assert len(there.bodies) == 2


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"model__system_role": True}, {"found/input_first/1": (["input_first", "output_first"], "json_schema", None)}),
        ({"model__system_role": True, **OUTPUTS}, {}),
        (
            {"instances.input_first.prompt": IN_JSON},
            {"found/input_first/1": (ALL, "json_schema", True)},
        ),
        (
            {**OUTPUTS, **{f"{where}.prompt": MERE for where in ("instances.input_first", "instances.output_first")}},
            {"found/instructions/1": (["instructions", "classification"], None, True)},
        ),
        (
            {
                **OUTPUTS,
                "instructions.prompt": ChatPromptTemplate([("human", "{examples}")]),
                "classification.prompt": LATER,
                **{f"{where}.prompt": MERE for where in ("instances.input_first", "instances.output_first")},
            },
            {"found/classification/1": (["classification"], None, True)},
        ),
        (
            {
                "instructions.prompt": ChatPromptTemplate([("human", "{examples}")]),
                "classification.prompt": MERE,
                **{f"instances.{form}_first.prompt": IN_JSON for form in ("input", "output")},
            },
            {"found/input_first/1": (["input_first", "output_first"], "json_schema", None)},
        ),
        (
            {"classification.model.name": "other"},
            {
                "found/classification/1": (["classification"], None, True),
                "found/input_first/1": (["input_first", "instructions", "output_first"], "json_schema", True),
            },
        ),
        ({"model.kind": "completion", **OUTPUTS}, {}),
    ],
    ids=["forms alone", "nothing", "not all", "system", "a later one", "none at all", "two models", "completion"],
)
async def test_what_is_open_is_asked_about(settings: dict[str, Any], found: dict[str, Any]) -> None:
    """The form of the reply, and whether there is a system role where a prompt has such a message; of each model."""
    there = await settled(**settings)

    assert {key: value[:3] for key, value in there.found.items()} == found
    assert len(there.bodies) == len(found)


async def test_what_is_known_needs_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stands in the journal all the same, and is taken from there; but for a system message alone."""
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-key")
    given = settling(chain(None))
    config, lines = await settle(given)
    nothing = settling(chain(None, **OUTPUTS))

    assert lines == []
    assert given.journal.found() == {
        "found/input_first/0": {
            "roles": ALL,
            "output": "json_schema",
            "system_role": True,
            "taken": True,
            "why": "",
        }
    }
    assert (await settle(settling(chain(None), given.journal)))[0] == config
    assert (await settle(nothing))[1] == []
    assert len(nothing.journal) == 0


async def test_the_key_has_to_be_where_the_calls_are_made() -> None:
    """Here, or with those who make them."""
    with pytest.raises(ConfigError, match="OPENAI_API_KEY"):
        await settle(settling(chain(None)))
    given = settling(chain(None))
    there: Any = dict.fromkeys(ROLES, ScriptedChat(reply=scripted_author))
    config, _ = await settle(given._replace(found=given.found._replace(elsewhere=there)))

    assert config.instances.output_first.output == "json_schema"


@pytest.mark.parametrize("role", ROLES)
def test_the_first_request_is_a_seed_s(role: Role) -> None:
    """For instructions it is request 0; else about the first seed of the kind that the role is for."""
    given = settling(load_config("openai", {"model.base_url": "http://127.0.0.1:9/v1"}))
    prompt, options = request(given, Finding(roles=(role,), output="json_schema", system_role=False))
    text = prompt.to_string()
    first = next(task for task in SEEDS if task.is_classification == (role == "output_first"))

    if role == "instructions":
        assert numbered([one.instruction for one in Pool(given.config, SEEDS).draw(0, 0).examples]) in text
    else:
        assert text.rpartition("Task: ")[2].startswith(first.instruction)
    assert options.keys() == (set() if role in {"instructions", "classification"} else {"json_schema"})
    assert not text.startswith("System: ")
    assert json.dumps(options)
