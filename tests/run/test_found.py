"""What a chain file leaves open is found before the first request, said, and fixed for the folder."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel
from langchain_core.tracers.context import collect_runs
from langchain_openai import ChatOpenAI

from selfinstruct_chains import ChainConfig, load_config, self_instruct
from selfinstruct_chains.errors import AcceptanceCollapsed, ProviderError
from selfinstruct_chains.run.monitor import Monitor
from selfinstruct_chains.run.reader import RunReader
from selfinstruct_chains.run.refilter import refilter
from tests.run.picky import (
    Body,
    Picky,
    breaks_at_system,
    json_mode_alone,
    no_key,
    no_schema,
    no_system,
    text_alone,
)

pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
INSTANCES = ("instances.input_first", "instances.output_first")


def chain(server: Picky, **values: Any) -> ChainConfig:
    """The openai chain at a server of one's own."""
    overrides = {key.replace("__", "."): value for key, value in values.items()}
    model = {"model.base_url": server.base_url, "model.name": "m", "model.extra": {}}
    return load_config("openai", model | {"run.lookahead": 2} | overrides)


async def run(config: ChainConfig, folder: Path, n: int = 2) -> list[str]:
    """Make a run of `n` tasks; what was said of it."""
    monitor = Monitor()
    await self_instruct(config, folder, monitor=monitor).ainvoke({"n": n})
    return monitor.notes


def form(body: Body) -> tuple[str, bool]:
    """What a request asks for, and whether it has a system message."""
    held = (body.get("response_format") or {}).get("type", "tool" if body.get("tools") else "text")
    return held, any(message["role"] == "system" for message in body["messages"])


def is_instance(body: Body) -> bool:
    """Whether a request is for instances."""
    return "worked examples" in str(body["messages"]).lower()


def found(folder: Path) -> list[Any]:
    """The found values in a folder's journal."""
    lines = [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]
    return [line["value"] for line in lines if line["kind"] == "found"]


@pytest.mark.parametrize(
    ("refuse", "expected", "calls", "said"),
    [
        (lambda _: None, ("json_schema", True), 1, []),
        (no_schema, ("tool", True), 3, ["output: auto is function_calling, since the server refused a JSON schema"]),
        (json_mode_alone, ("json_object", True), 5, ["output: auto is json_mode, since the server refused a JSON sch"]),
        (text_alone, ("text", True), 7, ["output: auto is text, since the server refused a JSON schema and a system"]),
        (no_system, ("json_schema", False), 2, ["the system text stands in front of the user's (system_role: false)"]),
        (breaks_at_system, ("json_schema", False), 4, ["system_role: false), since the server refused a JSON schema"]),
    ],
    ids=["takes all", "no schema", "JSON mode alone", "text alone", "no system role", "breaks at a system message"],
)
async def test_the_form_that_a_server_takes(
    tmp_path: Path, refuse: Callable[[Body], Any], expected: tuple[str, bool], calls: int, said: list[str]
) -> None:
    """The best form that is taken is found by calls before request 0, and all later requests have it."""
    async with Picky(refuse) as server:
        notes = await run(chain(server), tmp_path / "run")

        after = server.bodies[calls:]
        held, system = expected
        assert {form(body) for body in after if is_instance(body)} == {(held, system)}
        assert {form(body) for body in after if not is_instance(body)} == {("text", system)}
        assert form(server.bodies[calls - 1]) == expected
        assert not any(refuse(body) for body in after)
    assert len(notes) == len(said)
    assert all(part in note for part, note in zip(said, notes, strict=True))


async def test_what_was_found_is_kept(tmp_path: Path) -> None:
    """A second start asks nothing again, says the same, and goes on from the replies that are there."""
    async with Picky(text_alone) as server:
        first = await run(chain(server), tmp_path / "run")
        there = found(tmp_path / "run")
        before = len(server.bodies)
        server.refuse = lambda _: None
        again = await run(chain(server), tmp_path / "run", n=20)

        assert [note for note in again if "auto" in note] == first
        assert found(tmp_path / "run") == there
        assert {form(body)[0] for body in server.bodies[before:]} == {"text"}


async def test_the_fingerprint_has_what_the_file_says(tmp_path: Path) -> None:
    """The outcome stands in the journal alone, so the same command finds its run whatever the server takes."""
    async with Picky(text_alone) as server:
        await run(chain(server), tmp_path / "run")

    shaping = RunReader(tmp_path / "run").origin.shaping
    assert {shaping[f"{section}.output"] for section in INSTANCES} == {"auto"}
    assert not [key for key in shaping if key.endswith("system_role")]


async def test_replies_are_read_as_they_were_asked_for(tmp_path: Path) -> None:
    """`refilter` finds the replies of a run in the form that was found for it."""
    async with Picky(no_system) as server:
        await run(chain(server), tmp_path / "run")

    result = refilter(tmp_path / "run", {}, tmp_path / "again")
    assert len(result.tasks) >= 2
    assert not result.lost
    assert not result.unanswered


async def test_a_form_that_is_ignored_is_not_taken(tmp_path: Path) -> None:
    """A server that takes a schema and writes prose has none."""
    async with Picky(prose=True) as server:
        notes = await run(chain(server), tmp_path / "run")

    assert [note.partition(", since ")[2] for note in notes] == [
        "the reply to a JSON schema and a system role was no JSON"
    ]
    assert [one["taken"] for one in found(tmp_path / "run")][-1]


async def test_what_is_asked_to_find_out_is_traced_below_the_run(tmp_path: Path) -> None:
    """One run is one tree, with the calls before request 0 in it."""
    async with Picky(no_system) as server:
        with collect_runs() as collected:
            await self_instruct(chain(server), tmp_path / "run").ainvoke({"n": 1})

    [root] = collected.traced_runs
    assert [child.run_type for child in root.child_runs[:2]] == ["llm", "llm"]


async def test_prose_settles_nothing_where_the_form_is_known(tmp_path: Path) -> None:
    """Where only the system role is asked about, a reply that is no JSON says nothing of that: the run begins."""
    async with Picky(prose=True) as server:
        config = chain(server, model__provider="vllm", run__give_up_after=2)
        with pytest.raises(AcceptanceCollapsed, match="mostly by unreadable"):
            await run(config, tmp_path / "run")

        assert form(server.bodies[0]) == ("json_schema", True)
    assert [(one["output"], one["system_role"]) for one in found(tmp_path / "run")] == [("json_schema", True)]


async def test_a_prompt_that_is_refused_settles_the_form(tmp_path: Path) -> None:
    """Refused for what it asks, the first request was taken in its form, and the run goes on."""
    filtered = {"error": {"message": "The prompt was filtered.", "code": "content_filter"}}
    async with Picky() as server:
        server.refuse = lambda _: None if len(server.bodies) > 1 else (400, filtered)
        assert await run(chain(server), tmp_path / "run") == []

    assert [one["output"] for one in found(tmp_path / "run")] == ["json_schema"]


async def test_a_refusal_of_something_else_ends_it_at_once(tmp_path: Path) -> None:
    """A wrong key costs one call, and nothing is settled by it."""
    async with Picky(no_key) as server:
        with pytest.raises(ProviderError, match="401"):
            await run(chain(server), tmp_path / "run")
        assert len(server.bodies) == 1
        server.refuse = lambda _: None
        await run(chain(server), tmp_path / "run")

    assert [one["output"] for one in found(tmp_path / "run")] == ["json_schema"]


async def test_what_the_file_says_is_not_asked_about(tmp_path: Path) -> None:
    """Where the chain file leaves nothing open, the first request is request 0."""
    values = {f"{section}__output".replace(".", "__"): "text" for section in INSTANCES}
    async with Picky(no_system) as server:
        await run(chain(server, model__system_role=False, **values), tmp_path / "run")

        assert {form(body) for body in server.bodies} == {("text", False)}
    assert not found(tmp_path / "run")


async def test_an_own_model_without_schema_is_asked_for_text(tmp_path: Path) -> None:
    """It is known before the first call, and fixed for the folder."""
    given = {"input_first": FakeListChatModel(responses=["Output: a poem"])}
    async with Picky() as server:
        config = chain(server)
        monitor = Monitor()
        await self_instruct(config, tmp_path / "run", models=given, monitor=monitor).ainvoke({"n": 3})

    assert "input_first: output: auto is text" in monitor.notes
    assert [one["output"] for one in found(tmp_path / "run") if one["roles"] == ["input_first"]] == ["text"]


@pytest.mark.parametrize("wrapped", ["retry", "fallbacks"])
async def test_what_langchain_makes_of_an_own_model_is_asked_too(tmp_path: Path, wrapped: str) -> None:
    """The form that the server takes is found through `with_retry` and `with_fallbacks`, and all requests have it."""
    async with Picky(json_mode_alone) as server:
        own = ChatOpenAI(model="m", base_url=server.base_url, api_key="none", max_retries=0)
        given = {
            "retry": own.with_retry(stop_after_attempt=2, wait_exponential_jitter=False),
            "fallbacks": own.with_fallbacks([own]),
        }[wrapped]
        monitor = Monitor()
        await self_instruct(chain(server), tmp_path / "run", models=given, monitor=monitor).ainvoke({"n": 2})
        calls = len(server.bodies)

    taken = [one["output"] for one in found(tmp_path / "run") if one["taken"]]
    assert taken == ["json_mode"]
    assert "output: auto is json_mode, since the server refused a JSON schema" in " ".join(monitor.notes)
    assert {form(body)[0] for body in server.bodies[calls - 2 :] if is_instance(body)} <= {"json_object"}
