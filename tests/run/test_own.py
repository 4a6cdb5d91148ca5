"""What a user brings from Python: models, steps, prompts, parsers, filters."""

from __future__ import annotations

import asyncio
import hashlib
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage
from langchain_core.output_parsers import BaseOutputParser, StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import ConfigurableField, Runnable, RunnableLambda, RunnablePick

from selfinstruct_chains import Goal, build_steps, load_config, self_instruct
from selfinstruct_chains.errors import ConfigError, ItemRefused, RunError, RunStopped
from selfinstruct_chains.run.refilter import refilter
from selfinstruct_chains.testing import Reply, ScriptedChat, ScriptedCompletion, scripted_author
from tests.run.scripts import Author, config, entries, files

if TYPE_CHECKING:
    from pathlib import Path

CHAT = ScriptedChat(reply=scripted_author)
ROLES = "instructions, classification, input_first, output_first"


def _broken(prompt: str, seed: int | None) -> Reply:
    raise ConnectionError("this one is down")


WRAPPED: dict[str, Any] = {
    "with_retry": CHAT.with_retry(stop_after_attempt=2),
    "with_fallbacks": ScriptedChat(reply=_broken).with_fallbacks([CHAT]),
    "bind": CHAT.bind(stop=["\n\n\n"]),
    "with_config": CHAT.with_config(tags=["mine"]),
    "with_listeners": CHAT.with_listeners(on_end=lambda _: None),
    "a lambda": RunnableLambda(lambda prompt: AIMessage(scripted_author(prompt.to_string(), None).text)),
    "model | function": CHAT | RunnableLambda(lambda message: message.text),
    "function | model": RunnableLambda(lambda prompt: prompt.to_messages()) | CHAT,
}


def refusing(author: Author, share: float) -> Any:
    """`author`, whose provider refuses a share of all prompts."""

    async def script(prompt: str, seed: int | None) -> Reply:
        if int(hashlib.sha256(f"{seed}|{prompt}|no".encode()).hexdigest()[:8], 16) / 16**8 < share:
            raise ItemRefused("filtered", reason="content_filter")
        return await author(prompt, seed)

    return script


@pytest.mark.parametrize("name", WRAPPED)
async def test_what_langchain_makes_of_a_model_is_used(name: str) -> None:
    """A wrapped model answers for every role; the chain file's provider, which has no key here, is never called."""
    assert len(await self_instruct(config(), models=WRAPPED[name]).ainvoke({"n": 4})) == 4


@pytest.mark.parametrize("name", ["with_retry", "with_fallbacks", "with_listeners", "bind"])
@pytest.mark.parametrize("poor", [0.0, 0.3])
async def test_loud_and_quiet_runs_give_the_same_bytes(tmp_path: Path, name: str, poor: float) -> None:
    """With good, poor, cut and refused replies, a run with a handler and one without write the same files."""
    made: dict[str, Any] = {}
    for way, tracing in (("quiet", {}), ("loud", {"callbacks": [_Nobody()]})):
        # Of several failures LangChain's fallbacks tell the first alone, so that a refusal behind it can't be seen.
        share = 0 if name == "with_fallbacks" else poor / 3
        author = ScriptedChat(reply=refusing(Author(poor=poor), share))
        model: Any = {
            "with_retry": author.with_retry(stop_after_attempt=2),
            "with_fallbacks": ScriptedChat(reply=_broken).with_fallbacks([author]),
            "with_listeners": author.with_listeners(on_end=lambda _: None),
            "bind": author.bind(stop=["###"]),
        }[name]
        await self_instruct(config(), tmp_path / way, models=model).ainvoke({"n": 25}, tracing)
        made[way] = files(tmp_path / way)

    assert made["quiet"] == made["loud"]
    assert (b"content_filter" in made["quiet"][1]) == bool(share)


class _Nobody(BaseCallbackHandler):
    """Listens, and does nothing."""


def decide(instruction: str) -> bool:
    """A rule of the user's own."""
    return instruction.startswith("Decide")


async def test_a_step_of_ones_own_is_used_and_journalled(tmp_path: Path) -> None:
    """Its results stand in the journal as results; a run that was stopped goes on from them, asking nothing twice."""
    asked: list[str] = []

    def counted(instruction: str) -> bool:
        asked.append(instruction)
        return decide(instruction)

    def chain(author: Author) -> Any:
        return self_instruct(config(), tmp_path, models=author.model, steps={"classification": RunnableLambda(counted)})

    with suppress(RunStopped):
        await chain(Author()).ainvoke(Goal(n=30, budgets={"calls": 20}))
    before = len(asked)
    tasks = await chain(Author()).ainvoke({"n": 30})
    results = {entry.key: entry.kind for entry in entries(tmp_path) if entry.key.startswith("classification/")}

    assert before > 0
    assert len(asked) == len(set(asked)) >= len(results)
    assert set(results.values()) == {"result"}
    assert all(task.is_classification == decide(task.instruction) for task in tasks)


@pytest.mark.parametrize(
    ("role", "given"),
    [
        ("instructions", lambda _: [f"Explain the {word} in one sentence." for word in ("tides", "moon")]),
        ("input_first", lambda text: [{"input": "", "output": f"About {text}"}]),
        ("output_first", lambda text: [{"input": text, "output": "yes"}, {"input": "other", "output": "no"}]),
    ],
)
async def test_each_role_takes_a_step_of_ones_own(role: Any, given: Any) -> None:
    """Plain lists, and dicts for instances, are taken for what a step gives."""
    chain = self_instruct(config(), models=CHAT, steps={role: RunnableLambda(given)})
    if role == "instructions":
        with pytest.raises(RunStopped) as stopped:
            await chain.ainvoke({"n": 5})
        tasks = stopped.value.tasks
        assert {task.instruction for task in tasks} <= set(given(None))
    else:
        tasks = await chain.ainvoke({"n": 5})
    assert tasks


class Yes(BaseOutputParser[bool]):
    """Yes where the reply has a y."""

    def parse(self, text: str) -> bool:
        if "?" in text:
            raise OutputParserException("a question")
        return "y" in text.lower()


@pytest.mark.parametrize("parser", [Yes(), RunnableLambda(lambda message: "y" in message.text.lower())])
async def test_a_parser_of_ones_own_reads_the_replies(parser: Runnable[Any, Any]) -> None:
    """A BaseOutputParser, or any Runnable from a message to the step's result, reads a role's replies."""
    tasks = await self_instruct(config(), models=CHAT, parsers={"classification": parser}).ainvoke({"n": 6})

    assert all(task.is_classification == task.instruction.startswith("Decide") for task in tasks)


@pytest.mark.parametrize(
    "given",
    [
        {"steps": {"instructions": StrOutputParser()}},
        {"steps": {"classification": RunnablePick("instruction")}},
        {"steps": {"input_first": ChatPromptTemplate.from_template("{a} {b}")}},
    ],
)
async def test_a_part_that_does_not_fit_is_no_provider_that_fails(given: Any) -> None:
    """What LangChain raises since a part can't take its input is told at once, not asked again for minutes."""
    chain = self_instruct(config(), models=CHAT, **given)
    with pytest.raises(ConfigError, match="is invoked with"):
        async with asyncio.timeout(20):
            await chain.ainvoke({"n": 2})


async def test_what_a_parser_of_ones_own_refuses_is_asked_again_and_dropped(tmp_path: Path) -> None:
    """LangChain's OutputParserException counts as an unreadable reply: a second attempt, then a rejection."""

    def author(prompt: str, seed: int | None) -> Reply:
        return Reply("?") if "Is it classification?" in prompt else scripted_author(prompt, seed)

    chain = self_instruct(
        config(run__give_up_after=1), tmp_path, models=ScriptedChat(reply=author), parsers={"classification": Yes()}
    )
    with pytest.raises(RunStopped):
        await chain.ainvoke({"n": 2})
    dropped = [json.loads(line) for line in (tmp_path / "rejected.jsonl").read_text().splitlines()]

    assert {drop["rule"] for drop in dropped if drop["stage"] == "task"} == {"unreadable"}
    assert {entry.key.rpartition("/")[2] for entry in entries(tmp_path)} == {"1", "2"}


async def test_what_a_step_of_ones_own_refuses_is_recalled_as_it_was(tmp_path: Path) -> None:
    """The text that it could not read stands in rejected.jsonl, at the first start and when the run goes on."""

    def unread(examples: Any) -> Any:
        raise OutputParserException("no list", llm_output="Once upon a time")

    found = []
    for _ in range(2):
        run = self_instruct(
            config(**{"run.give_up_after": 3}), tmp_path, models=CHAT, steps={"instructions": RunnableLambda(unread)}
        )
        with pytest.raises(RunStopped, match="unreadable"):
            await run.ainvoke({"n": 2})
        found.append((tmp_path / "rejected.jsonl").read_bytes())

    assert found[1].startswith(found[0])
    assert json.loads(found[0].splitlines()[0])["text"] == "Once upon a time"
    assert not list(tmp_path.glob("*.old-*"))


async def test_a_prompt_template_stands_where_a_prompt_goes(tmp_path: Path) -> None:
    """A ChatPromptTemplate is sent as it is, enters the manifest, and the folder goes on without it."""
    seen: list[str] = []

    def author(prompt: str, seed: int | None) -> Reply:
        seen.append(prompt)
        return scripted_author(prompt, seed)

    template = ChatPromptTemplate.from_messages(
        [
            ("system", "You are {how}."),
            ("human", "Task: Sing.\nIs it classification?"),
            ("ai", "No {{}}"),
            ("human", "{examples}\n\nTask: {instruction}\nIs it classification?"),
        ]
    ).partial(how="strict")
    chain = load_config("openai", {"run.lookahead": 3, "classification.prompt": template})
    await self_instruct(chain, tmp_path, models=ScriptedChat(reply=author)).ainvoke({"n": 3})
    asked = next(prompt for prompt in seen if "Is it classification?" in prompt)
    shaping = json.loads((tmp_path / "manifest.json").read_text())["shaping"]

    assert asked.startswith("System: You are strict.\nHuman: Task: Sing.\nIs it classification?\nAI: No {}\nHuman: ")
    assert shaping["classification.prompt.chat.turns.1.text"] == "No {{}}"


async def test_two_models_are_never_mixed_in_a_folder(tmp_path: Path) -> None:
    """Another model is refused in one line that names the role; the same goes on."""
    one = ScriptedChat(reply=scripted_author)
    await self_instruct(
        config(),
        tmp_path,
        models={"classification": one, "instructions": CHAT, "input_first": CHAT, "output_first": CHAT},
    ).ainvoke({"n": 3})
    same = {"classification": one, "instructions": CHAT, "input_first": CHAT, "output_first": CHAT}
    await self_instruct(config(), tmp_path, models=same).ainvoke({"n": 4})
    other: Any = same | {"classification": ScriptedCompletion(reply=scripted_author)}
    with pytest.raises(RunError) as mixed:
        await self_instruct(config(), tmp_path, models=other).ainvoke({"n": 5})

    assert "own.models.classification" in str(mixed.value)
    assert "\n" not in str(mixed.value)


async def test_two_alternatives_are_never_mixed_in_a_folder(tmp_path: Path) -> None:
    """A folder that began with one alternative of a configurable model refuses another, and goes on with its own."""
    other = ScriptedChat(reply=scripted_author)
    chain = self_instruct(
        config(), tmp_path, models=CHAT.configurable_alternatives(ConfigurableField(id="who"), other=other)
    )
    await chain.ainvoke({"n": 2}, {"configurable": {"who": "other", "thread_id": "1"}})
    await chain.ainvoke({"n": 3}, {"configurable": {"who": "other", "thread_id": "2"}})
    with pytest.raises(RunError, match=r"own\.chosen"):
        await chain.ainvoke({"n": 4})


async def test_a_folder_of_the_first_format_goes_on_with_an_own_model(tmp_path: Path) -> None:
    """The first format did not name own models: such a folder is extended, and the same run comes of it."""
    chain = self_instruct(config(), tmp_path, models=CHAT)
    first = await chain.ainvoke({"n": 3})
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    shaping = {key: value for key, value in manifest["shaping"].items() if not key.startswith("own.")}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest | {"format": 1, "shaping": shaping}))

    assert (await chain.ainvoke({"n": 5}))[:3] == first


async def test_an_own_model_without_schema_is_asked_for_text() -> None:
    """Where the chain asks for JSON and the model can't be held to it, the text form is used from the first call on."""
    seen: list[str] = []

    def author(prompt: Any) -> AIMessage:
        seen.append(prompt.to_string())
        return AIMessage(scripted_author(seen[-1], None).text)

    tasks = await self_instruct(config(), models=RunnableLambda(author)).ainvoke({"n": 3})

    assert len(tasks) == 3
    assert not any('"instances"' in prompt for prompt in seen)


async def _late(instruction: str) -> str | None:
    return None


class Late:
    """An object that is called as a function, asynchronously."""

    async def __call__(self, instruction: str) -> str | None:
        return None


BAD: list[tuple[dict[str, Any], str]] = [
    (
        {"models": {"clasification": CHAT}},
        f"models: no role 'clasification' (did you mean 'classification'?); there are {ROLES}",
    ),
    ({"models": "gpt"}, "models: a LangChain model"),
    ({"models": StrOutputParser()}, "a StrOutputParser is no model"),
    ({"models": {"classification": "gpt"}}, "models['classification']: a LangChain model"),
    ({"steps": {"classification": 5}}, "steps['classification']: a Runnable is expected"),
    ({"steps": {"complete": CHAT}}, "steps: no role 'complete'"),
    ({"steps": RunnableLambda(str)}, "steps: a Runnable is expected"),
    ({"parsers": {"classification": decide}}, "parsers['classification']: a Runnable is expected"),
    (
        {"instruction_filters": [_late]},
        "instruction_filters: a function that gives the name of a rule to drop by, or None",
    ),
    ({"instance_filters": ["short"]}, "instance_filters: a function that gives the name of a rule"),
    ({"instruction_filters": decide}, "instruction_filters: a list of functions is expected"),
    ({"instruction_filters": "short"}, "instruction_filters: a list of functions is expected"),
    ({"instruction_filters": [Late()]}, "instruction_filters: a function that gives the name of a rule"),
]


@pytest.mark.parametrize(("given", "complaint"), BAD)
def test_what_cannot_be_is_refused_when_it_is_given(given: dict[str, Any], complaint: str) -> None:
    """A misspelt role and a value of another type are one ConfigError, before anything runs."""
    with pytest.raises(ConfigError) as refused:
        self_instruct(config(), **given)

    assert str(refused.value).startswith(complaint)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("chain", ["openai", None, 5])
def test_a_chain_is_what_load_config_gives(chain: Any) -> None:
    """A chain's name is no chain; says what makes one of it."""
    for made in (self_instruct, build_steps):
        with pytest.raises(ConfigError, match="load_config"):
            made(chain)


@pytest.mark.parametrize("goal", [5, "20", None, {"n": True}, {"n": "20"}, {}, {"n": 1, "m": 2}])
async def test_a_goal_is_what_it_is(goal: Any) -> None:
    """Anything else than a goal is one ConfigError in one line, also in a sync call and when somebody listens."""
    chain = self_instruct(config(), models=CHAT)
    for tracing in ({}, {"callbacks": [_Nobody()]}):
        with pytest.raises(ConfigError) as refused:
            await chain.ainvoke(goal, tracing)  # type: ignore[arg-type]
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"instruction_filters": [lambda _: True]}, "gave True; the name of a rule"),
        ({"instance_filters": [lambda *_: ""]}, "gave ''; the name of a rule"),
        ({"steps": {"classification": RunnableLambda(lambda _: "perhaps")}}, "gave 'perhaps'; whether it is"),
        ({"steps": {"instructions": RunnableLambda(lambda _: "one text")}}, "gave 'one text'; new instructions"),
        ({"parsers": {"classification": RunnableLambda(lambda _: 3)}}, "gave 3; whether it is"),
    ],
)
async def test_a_part_that_gives_something_else_stops_the_run_in_one_line(given: Any, complaint: str) -> None:
    """What a filter, step or parser gives is looked at; the message says what is expected."""
    with pytest.raises(ConfigError, match=complaint):
        await self_instruct(config(), models=CHAT, **given).ainvoke({"n": 5})


@pytest.mark.parametrize("family", [ScriptedChat, ScriptedCompletion])
async def test_a_run_with_own_parts_is_filtered_anew(tmp_path: Path, family: Any) -> None:
    """`refilter` answers from the journal alone, own models of both families and own steps included."""
    chain = self_instruct(
        config(),
        tmp_path / "run",
        models=family(reply=scripted_author),
        steps={"classification": RunnableLambda(decide)},
    )
    tasks = await chain.ainvoke({"n": 12})
    found = refilter(tmp_path / "run", {}, tmp_path / "same")

    assert found.tasks == tasks
    assert not found.unanswered


async def test_a_parser_of_ones_own_is_missed_by_refilter(tmp_path: Path) -> None:
    """The folder does not have the parser, so `refilter` says so, and writes nothing."""
    await self_instruct(config(), tmp_path / "run", models=CHAT, parsers={"classification": Yes()}).ainvoke({"n": 2})
    with pytest.raises(RunError, match="classification were read by a parser of your own"):
        refilter(tmp_path / "run", {}, tmp_path / "other")

    assert not (tmp_path / "other").exists()
