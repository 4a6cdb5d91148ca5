"""The public steps on their own: patience, introspection, and that they travel."""

from __future__ import annotations

import asyncio
import gc
import json
import pickle
import re
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.prompts import ChatPromptTemplate, PromptTemplate
from langchain_core.runnables import ConfigurableField

from selfinstruct_chains import build_steps, load_config, self_instruct
from selfinstruct_chains.errors import ConfigError, ProviderError
from selfinstruct_chains.testing import ScriptedChat, ScriptedCompletion, scripted_author
from selfinstruct_chains.testing.server import ScriptedServer, at_first
from tests.run.scripts import config

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
CHAT = ScriptedChat(reply=scripted_author)
INSTRUCTION = "Decide whether it rains."


def steps_at(server: ScriptedServer, **values: Any) -> Any:
    """The steps of the openai chain with its model at `server`."""
    return build_steps(load_config("openai", {"model.base_url": server.base_url, "model.extra": {}, **values}))


async def test_a_step_alone_has_the_chains_patience() -> None:
    """A status 503, then 429, then a reply: the step gives its result, as a run would."""
    with ScriptedServer(scripted_author, faults=at_first("503", "429")) as server:
        steps = steps_at(server)
        answered = await steps.classification.ainvoke(INSTRUCTION)
        await steps.aclose()

    assert answered is True
    assert len(server.asked) == 3


async def test_a_step_alone_stops_at_what_is_the_users_to_fix() -> None:
    """A refused key is a ProviderError in one line after one call."""
    with ScriptedServer(scripted_author, faults=at_first("401")) as server:
        steps = steps_at(server)
        with pytest.raises(ProviderError, match="check the key"):
            await steps.classification.ainvoke(INSTRUCTION)
        await steps.aclose()

    assert len(server.asked) == 1


def test_the_loops_end_closes_what_a_step_opened() -> None:
    """Steps used in one `asyncio.run` after another leave no open connection and no warning, without `aclose`."""

    async def use() -> bool:
        with ScriptedServer(scripted_author) as server:
            return bool(await steps_at(server).classification.ainvoke(INSTRUCTION))

    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        assert [asyncio.run(use()) for _ in range(2)] == [True, True]


@pytest.mark.parametrize("family", [ScriptedChat, ScriptedCompletion])
def test_a_step_shows_what_it_is_made_of(family: Any) -> None:
    """Its graph has its prompt, its model and its parser; `get_prompts` gives the prompt; its name is the role's."""
    model = family(reply=scripted_author)
    step = build_steps(config(), models=model).classification
    names = [node.name for node in step.get_graph().nodes.values()]
    [prompt] = step.get_prompts()

    assert names[1:-1] == [type(prompt).__name__, family.__name__, "ClassificationParser"]
    assert isinstance(prompt, ChatPromptTemplate if family is ScriptedChat else PromptTemplate)
    assert prompt.input_variables == ["instruction"]
    assert step.get_name() == "classification"
    assert repr(step) == f"<classification: {family.__name__}>"
    assert step.get_input_jsonschema()["title"] == "classification_input"


async def test_complete_shows_and_closes_what_is_in_both_arms() -> None:
    """`complete` has the prompts of classification and of both arms, and `aclose` closes the models of all three."""
    with ScriptedServer(scripted_author) as server:
        steps = steps_at(server)
        await steps.complete.ainvoke(INSTRUCTION)
        await steps.complete.ainvoke("Explain tides.")
        await steps.complete.aclose()
        with warnings.catch_warnings():
            warnings.simplefilter("error", ResourceWarning)
            prompts = steps.complete.get_prompts()
            del steps
            gc.collect()

    assert len(prompts) == 3


def test_the_chain_has_four_prompts_and_a_name() -> None:
    """`get_prompts` of the whole gives the prompt of each step; its repr is short and says what it is."""
    chain = self_instruct(config(), models=CHAT)

    assert len(chain.get_prompts()) == 4
    assert chain.get_name() == "self_instruct"
    assert repr(chain) == "<self_instruct: chain openai, in memory>"


def test_every_parser_says_what_it_reads() -> None:
    """`get_format_instructions` of each step's parser is a sentence for a prompt."""
    steps = build_steps(config(), models=CHAT)
    for step in steps[:4]:
        parser: Any = list(step.get_graph().nodes.values())[-2].data
        assert len(parser.get_format_instructions().split()) > 5


async def test_steps_travel() -> None:
    """A step of the chain file's model is pickled, and answers on the other side."""
    with ScriptedServer(scripted_author) as server:
        there: Any = pickle.loads(pickle.dumps(steps_at(server).classification))  # noqa: S301
        answered = await there.ainvoke(INSTRUCTION)
        await there.aclose()

    assert answered is True


async def test_the_four_ways_to_call_a_step_agree() -> None:
    """invoke, ainvoke, batch and stream give the same, inside and outside a running loop."""
    steps = build_steps(config(), models=CHAT)
    invoked = await asyncio.to_thread(steps.complete.invoke, INSTRUCTION)

    assert steps.complete.invoke(INSTRUCTION) == invoked == await steps.complete.ainvoke(INSTRUCTION)
    assert (
        [invoked] == steps.complete.batch([INSTRUCTION]) == [each async for each in steps.complete.astream(INSTRUCTION)]
    )


def test_config_values_can_be_configured() -> None:
    """`configurable_fields` over `settings` changes values of the chain for one call; unknown ones are refused."""
    chain = self_instruct(config(), models=CHAT).configurable_fields(settings=ConfigurableField(id="settings"))
    plain = chain.invoke({"n": 3})
    other = chain.invoke({"n": 3}, {"configurable": {"settings": {"run.seed": 7}}})

    assert plain != other
    assert plain == chain.invoke({"n": 3})
    with pytest.raises(ConfigError, match=r"settings: run\.sed"):
        chain.invoke({"n": 3}, {"configurable": {"settings": {"run.sed": 7}}})


def test_a_roles_model_can_be_an_alternative() -> None:
    """A model with `configurable_alternatives` is chosen by the config of the call."""

    def no(prompt: str, seed: int | None) -> str:
        return "No"

    model = CHAT.configurable_alternatives(ConfigurableField(id="who"), no=ScriptedChat(reply=no))
    chain = self_instruct(
        config(), models={"classification": model, "instructions": CHAT, "input_first": CHAT, "output_first": CHAT}
    )
    plain, never = chain.invoke({"n": 8}), chain.invoke({"n": 8}, {"configurable": {"who": "no"}})

    assert any(task.is_classification for task in plain)
    assert not any(task.is_classification for task in never)


def test_the_chain_bounds_the_characters_that_are_read(tmp_path: Path) -> None:
    """Of a longer reply the whole instructions are kept, and the rejection of the rest names the setting."""
    chain = self_instruct(config(run__reply_characters=180), tmp_path / "run", models=CHAT)

    chain.invoke({"n": 3})

    rejected = [json.loads(line) for line in (tmp_path / "run" / "rejected.jsonl").read_text("utf-8").splitlines()]
    cut = [line for line in rejected if line["rule"] == "truncated" and line["stage"] == "instruction"]
    assert cut
    assert all(line["text"].endswith("180 were read (run.reply_characters)]") for line in cut)


def test_numbers_go_on_from_what_is_shown() -> None:
    """Fewer instructions than a request should show, as of few seeds, and the last number is still theirs and `ask`."""
    prompts: list[str] = []

    def author(prompt: str, seed: int | None) -> Any:
        prompts.append(prompt)
        return scripted_author(prompt, seed)

    step = build_steps(load_config("openai"), models=ScriptedChat(reply=author)).instructions
    for shown in (3, 8):
        step.invoke([f"Name river {number} of the country." for number in range(shown)])

    assert [re.findall(r"numbered (\d+) to (\d+)", prompt) for prompt in prompts] == [[("4", "11")], [("9", "16")]]
