"""The chain as an object: what it is called and made of, its settings, its tool, and the parts that one brings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from langchain_core.messages import ToolCall
from langchain_core.runnables import ConfigurableField, RunnableLambda
from langchain_core.tracers.context import collect_runs
from pydantic import BaseModel, Field, ValidationError

from selfinstruct_chains import Goal, Instance, Task, load_config, self_instruct
from selfinstruct_chains.config import ROLES
from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.run.own import brought
from selfinstruct_chains.run.tool import Wanted
from selfinstruct_chains.testing import ScriptedChat, ScriptedCompletion, scripted_author
from tests.run.scripts import config

if TYPE_CHECKING:
    from pathlib import Path

CHAT = ScriptedChat(reply=scripted_author)


def test_what_it_is_called(tmp_path: Path) -> None:
    """Its chain, and where its run is."""
    assert repr(self_instruct(config())) == str(self_instruct(config())) == "<self_instruct: chain openai, in memory>"
    assert repr(self_instruct(config(), tmp_path)) == f"<self_instruct: chain openai, {tmp_path}>"
    assert repr(self_instruct(config(), str(tmp_path))) == repr(self_instruct(config(), tmp_path))


def test_it_is_not_changed() -> None:
    """Its types are a goal and a list of tasks."""
    chain = self_instruct(config(), models=CHAT)
    with pytest.raises(ValidationError):
        chain.folder = None  # type: ignore[misc]
    assert (chain.InputType, chain.OutputType) == (Goal, list[Task])
    assert chain.get_name() == "self_instruct"


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"novelty.threshold": 2}, "settings: novelty.threshold: "),
        ({"nothing.of.that": 1}, "settings: nothing"),
        ({"filters.99.min_words": 1}, "settings: filters.99"),
    ],
)
def test_settings_that_can_not_be(settings: dict[str, Any], complaint: str) -> None:
    """They are told with their key, when the chain is run or looked at."""
    chain = self_instruct(config(), models=CHAT).configurable_fields(settings=ConfigurableField(id="settings"))
    with pytest.raises(ConfigError) as refused:
        chain.with_config(configurable={"settings": settings}).invoke({"n": 1})
    assert str(refused.value).startswith(complaint)


def test_settings_change_the_chain() -> None:
    """As `--set` does; without any it is the same."""
    plain = self_instruct(config())
    changed = plain.model_copy(update={"settings": {"classification.yes_examples": 1}})
    [few] = changed.steps().classification.get_prompts()
    [many] = plain.steps().classification.get_prompts()
    texts = [prompt.invoke({"instruction": "x"}).to_string() for prompt in (few, many)]

    assert [text.count("Is it classification? Yes") for text in texts] == [1, 12]


def test_its_steps_show_the_seeds_that_it_was_given() -> None:
    """Or those that its steps are asked for with."""
    one = Task(id="s", instruction="Hum a tune.", instances=(Instance(output="Hm."),), is_classification=False)
    chain = self_instruct(config(), seeds=[one])
    other = one.model_copy(update={"instruction": "Whistle a tune."})

    def shows(steps: Any, text: str) -> bool:
        [prompt] = steps.classification.get_prompts()
        return text in prompt.invoke({"instruction": "x"}).to_string()

    assert shows(chain.steps(), "Hum a tune.")
    assert shows(chain.steps([other]), "Whistle a tune.")
    assert not shows(chain.steps([other]), "Hum a tune.")


def test_it_has_four_prompts() -> None:
    """In the order of the method; none of them twice for `complete`."""
    chain = self_instruct(config(), models=CHAT)
    steps = chain.steps()
    by_step = [step.get_prompts() for step in steps[:4]]

    assert chain.get_prompts() == [prompt for prompts in by_step for prompt in prompts]
    assert by_step[0] != by_step[1] != by_step[2] != by_step[3]


def test_the_graph_is_closed_unless_it_is_asked_for() -> None:
    """Its steps are one node each; opened they are more."""
    chain = self_instruct(config(), models=CHAT)

    assert len(chain.get_graph().nodes) < len(chain.get_graph(xray=True).nodes)
    assert len(chain.get_graph().nodes) == len(chain.get_graph(xray=False).nodes)


async def test_a_run_has_the_id_and_name_it_is_given() -> None:
    """At its root alone."""
    mine = UUID(int=7)
    with collect_runs() as collected:
        await self_instruct(config(), models=CHAT).ainvoke({"n": 1}, {"run_id": mine})
    [root] = collected.traced_runs

    assert (root.id, root.name) == (mine, "self_instruct")
    assert all(child.id != mine for child in root.child_runs)


async def test_what_fails_is_an_error_of_the_trace() -> None:
    """With what was raised."""
    with collect_runs() as collected, pytest.raises(ConfigError):
        await self_instruct(config(), models=CHAT).ainvoke({"n": 0})
    [root] = collected.traced_runs

    assert "ConfigError" in (root.error or "")
    assert root.outputs is None or not root.outputs.get("output")


def test_options_are_refused_by_their_names() -> None:
    """In the order of the alphabet."""
    with pytest.raises(ConfigError) as refused:
        self_instruct(config(), models=CHAT).invoke({"n": 1}, top_p=1, temperature=0)
    assert str(refused.value) == ("self_instruct takes no temperature, top_p; what a run takes stands in its goal")


@pytest.mark.filterwarnings("ignore:This API is in beta")
def test_a_tool_says_json_and_keeps_the_values() -> None:
    """Where tasks come from, and what is not there, is left out of what an agent reads."""
    chain = self_instruct(config(), models=CHAT)
    said = chain.as_tool().invoke(ToolCall(name="self_instruct", args={"n": 2}, id="1", type="tool_call"))
    tasks = chain.invoke({"n": 2})

    assert said.artifact == tasks
    assert json.loads(said.content) == [
        {
            "id": task.id,
            "instruction": task.instruction,
            "instances": [one.model_dump() for one in task.instances],
            "is_classification": task.is_classification,
        }
        for task in tasks
    ]
    assert Wanted(n=1).n == 1
    with pytest.raises(ValidationError):
        Wanted(n=0)


class Count(BaseModel):
    """What an agent says, under names of one's own."""

    n: int = Field(le=3)
    budgets: dict[str, int] = Field(default_factory=dict)


@pytest.mark.filterwarnings("ignore:This API is in beta")
def test_a_tool_takes_other_arguments() -> None:
    """By a schema, or by types; its name and description may be others too."""
    chain = self_instruct(config(), models=CHAT)

    assert set(chain.as_tool(Count).args) == {"n", "budgets"}
    assert list(chain.as_tool(arg_types={"n": int}).args) == ["n"]
    assert "minimum" not in chain.as_tool(arg_types={"n": int}).args["n"]
    named = chain.as_tool(name="more", description="Writes more of them.")
    assert (named.name, named.description) == ("more", "Writes more of them.")


def too_long(text: str) -> str | None:
    """A filter of one's own."""
    return None


class Fussy:
    """Another, as an object."""

    def __call__(self, text: str, instance: Instance) -> str | None:
        return None


def test_what_one_brings_shapes_the_dataset() -> None:
    """By kind and role: who it is, which form of a prompt it is given, and the names of filters."""
    completion, step = ScriptedCompletion(reply=scripted_author), RunnableLambda(too_long)
    own = brought(
        {"classification": CHAT, "input_first": completion},
        {"output_first": step},
        {"classification": RunnableLambda(str)},
        [too_long],
        (Fussy(),),
    )
    found = own.shaping({})

    assert found.keys() == {
        *(
            "own.models.classification",
            "own.models.input_first",
            "own.steps.output_first",
            "own.parsers.classification",
        ),
        *("own.kinds.classification", "own.kinds.input_first", "own_filters"),
    }
    assert (found["own.kinds.classification"], found["own.kinds.input_first"]) == ("chat", "completion")
    assert found["own_filters"] == [f"{__name__}.too_long", f"{__name__}.?"]
    assert found["own.models.classification"] != found["own.models.input_first"]
    assert brought().shaping({}) == {}
    assert brought(CHAT).shaping({}).keys() == {f"own.{kind}.{role}" for kind in ("models", "kinds") for role in ROLES}
    assert own.runnables[0] is CHAT
    assert len(own.runnables) == 4


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (
            {"models": 5},
            "models: a LangChain model, or what LangChain makes of one, is expected, or a dict of them by role",
        ),
        (
            {"steps": {"complete": CHAT}},
            "steps: no role 'complete'; there are instructions, classification, input_first, ",
        ),
        ({"instruction_filters": 5}, "instruction_filters: a list of functions is expected, not 5"),
        (
            {"instance_filters": [5]},
            "instance_filters: a function that gives the name of a rule to drop by, or None, is ",
        ),
    ],
)
def test_what_can_not_be_brought(given: dict[str, Any], complaint: str) -> None:
    """It is told with what is expected."""
    with pytest.raises(ConfigError) as refused:
        self_instruct(config(), **given)
    assert str(refused.value).startswith(complaint)


async def _late(text: str) -> str | None:
    return None


def test_a_filter_that_waits_is_named() -> None:
    """A filter has to answer at once."""
    with pytest.raises(ConfigError) as refused:
        brought(instruction_filters=[_late])
    assert str(refused.value).endswith(f"or None, is expected, not the asynchronous {__name__}._late")
    with pytest.raises(ConfigError) as refused:
        brought(instruction_filters=[5])  # type: ignore[list-item]
    assert str(refused.value).endswith("or None, is expected, not 5")


@pytest.mark.parametrize(
    ("said", "taken"),
    [(None, True), ("mine", True), (" mine ", True), ("", False), (" ", False), (5, False), (True, False)],
)
def test_what_a_filter_may_say(said: Any, taken: bool) -> None:
    """The name of a rule, or nothing."""
    [rule] = brought(instruction_filters=[lambda _: said]).instruction_filters
    if taken:
        assert rule("Sing.") == said
        return
    with pytest.raises(ConfigError, match="the name of a rule to drop by, or None, is expected"):
        rule("Sing.")


def test_a_goal_s_seeds_go_before_all(tmp_path: Path) -> None:
    """A string is a file's path."""
    one = Task(id="s", instruction="Hum a tune.", instances=(Instance(output="Hm."),), is_classification=False)
    path = tmp_path / "seeds.jsonl"
    path.write_text(one.model_dump_json() + "\n")
    chain = self_instruct(load_config("openai", {"instructions.seed_examples": 1}), models=CHAT, seeds=str(path))
    [prompt] = chain.steps().classification.get_prompts()

    assert "Hum a tune." in prompt.invoke({"instruction": "x"}).to_string()
