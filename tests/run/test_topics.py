"""The topics that a model writes before the first request: how it is asked, what is taken, and when it ends."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.runnables import RunnableLambda

from selfinstruct_chains import ChainConfig, load_config
from selfinstruct_chains.errors import ConfigError, ItemRefused
from selfinstruct_chains.files.prompt import load_prompt
from selfinstruct_chains.method.pool import Pool
from selfinstruct_chains.method.rendering import numbered
from selfinstruct_chains.run.first_calls import first_prompts
from selfinstruct_chains.run.journal import Journal, text_hash
from selfinstruct_chains.run.language import in_language
from selfinstruct_chains.run.replay import AsAsked
from selfinstruct_chains.run.topics import ask_topics, calls_to_ask, topics_prompt
from selfinstruct_chains.testing import ScriptedChat, ScriptedCompletion
from tests.run.settlings import SEEDS, settling

if TYPE_CHECKING:
    from selfinstruct_chains.config import Kind

WORDS = [
    *("harbours", "lighthouses", "chess", "baking", "astronomy", "beekeeping", "taxes", "sailing", "opera", "glaciers"),
    *("typography", "volcanoes", "knitting", "archery", "falconry", "origami", "geology", "insurance", "carpentry"),
    *("ballet", "robotics", "gardening", "cycling", "pottery", "economics", "surgery", "heraldry", "philately"),
    *("wrestling", "calligraphy"),
]


def chain(ask: int, **values: Any) -> ChainConfig:
    """The openai chain that asks for so many topics, at no server."""
    given = {key.replace("__", "."): value for key, value in values.items()}
    at = {"model.base_url": "http://127.0.0.1:9/v1", "topics": {"ask": ask}}
    return in_language(load_config("openai", {**at, **given}), SEEDS)


class Author:
    """Writes one list after another, the last again and again; keeps the prompts."""

    def __init__(self, *lists: list[str] | Exception) -> None:
        self.prompts: list[str] = []
        self._lists = lists

    def __call__(self, prompt: str, seed: int | None) -> str:
        self.prompts.append(prompt)
        given = self._lists[min(len(self.prompts), len(self._lists)) - 1]
        if isinstance(given, Exception):
            raise given
        listed = "\n".join(f"{number}. {topic}" for number, topic in enumerate(given, start=1))
        return listed or "I cannot help with that request."


async def asked(config: ChainConfig, author: Author) -> tuple[tuple[str, ...], list[str], Journal]:
    """The topics, what was said of them, and the journal."""
    notes: list[str] = []
    given = settling(config, models=ScriptedChat(reply=author))
    found = await ask_topics(given, notes.append)
    assert found.topics
    return found.topics.names, notes, given.journal


@pytest.mark.parametrize(("ask", "calls"), [(1, 1), (20, 1), (21, 2), (40, 2), (41, 3)])
def test_twenty_topics_a_call(ask: int, calls: int) -> None:
    """As long as each gives what it is asked for."""
    assert calls_to_ask(chain(ask)) == calls
    assert calls_to_ask(load_config("openai")) == calls_to_ask(load_config("openai", {"topics": ["a", "b"]})) == 0


async def test_one_call_after_another_until_there_are_enough() -> None:
    """Each asks for twenty at most, shows what is there, and other seeds; what is more than was wanted is left out."""
    author = Author(WORDS[:15], [*WORDS[:3], *WORDS[15:23]], WORDS[20:])
    names, notes, journal = await asked(chain(25), author)

    assert names == tuple(WORDS[:25])
    assert notes == [f"topics: 25: {', '.join(WORDS[:5])}, ..."]
    assert journal.found() == {"found/instructions/100": {"names": list(names), "wanted": 25}}
    assert list(journal) == [f"found/instructions/{number}" for number in (101, 102, 103, 100)]
    for number, (prompt, ask, first, last) in enumerate(
        zip(author.prompts, (20, 10, 2), (1, 16, 24), (20, 25, 25), strict=True), start=1
    ):
        there = f"\n{numbered(WORDS[: first - 1])}" if number > 1 else "none yet"
        assert f"Write {ask} different topics" in prompt
        assert f"numbered {first} to {last}, one on each line" in prompt
        assert f"one of those that are there already: {there}" in prompt
        assert numbered([one.instruction for one in Pool(chain(25), SEEDS).draw(number, 0).examples]) in prompt


@pytest.mark.parametrize(
    ("lists", "names", "calls"),
    [
        ([WORDS[:1], [], WORDS[1:2], [], []], 2, 5),
        ([[], [], WORDS], 0, 2),
        ([[], WORDS[:2], WORDS[:2], WORDS[:3], WORDS[:3], WORDS[:3], WORDS[:4]], 3, 6),
        ([ItemRefused("no", reason="refused"), WORDS[:4]], 4, 2),
    ],
    ids=["none after one, twice", "none at all", "the same again", "refused once"],
)
async def test_two_calls_in_vain_end_it(lists: list[Any], names: int, calls: int) -> None:
    """One after another; a refusal, and what can't be read, is in vain too."""
    author = Author(*lists)
    if names:
        found, notes, _ = await asked(chain(4), author)
        few = " of the 4 that were asked for; no more came that are new" * (names < 4)
        assert found == tuple(WORDS[:names])
        assert notes == [f"topics: {names}{few}: {', '.join(WORDS[:names])}"]
    else:
        with pytest.raises(ConfigError, match="the model's replies held no topic; list them in the chain"):
            await asked(chain(4), author)
    assert len(author.prompts) == calls


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        ("lost   cards.", "lost cards"),
        ("x" * 300, "x" * 300),
        ("x" * 301, None),
        ("I cannot help with that request.", None),
        ("Draw a cat that sleeps on a chair.", None),
        ("Harbours", None),
    ],
    ids=["blanks", "300 characters", "301", "a refusal", "pictures", "one that is there"],
)
async def test_what_is_no_new_topic_is_left_out(written: str, taken: str | None) -> None:
    """One that is too long, or dropped by the chain's filters for refusals and keywords, or like another."""
    names, _, _ = await asked(chain(3), Author(["harbours", written, "chess"], ["opera"]))

    assert names == (("harbours", taken, "chess") if taken else ("harbours", "chess", "opera"))


async def test_other_filters_say_nothing_of_topics() -> None:
    """A topic may have fewer words than an instruction."""
    bare = chain(2, filters=[{"kind": "length", "min_words": 4}])
    names, _, _ = await asked(bare, Author(["harbours", "I cannot help with that request."]))

    assert names == ("harbours", "I cannot help with that request")


async def test_what_is_listed_is_not_asked_for() -> None:
    """Nor is anything where there are no topics; a step of one's own can't be asked."""
    for topics in (None, ["harbours"]):
        config = load_config("openai", {"topics": topics} if topics else {})
        assert await ask_topics(settling(config), [].append) is config
    step = {"instructions": RunnableLambda(lambda _: ["Sing."])}
    with pytest.raises(ConfigError, match="your own step for instructions can't be asked for topics"):
        await ask_topics(settling(chain(3), steps=step), [].append)


async def test_a_completion_model_goes_on_with_the_list() -> None:
    """From the number after those that are there; what follows behind "2." is a topic of its own."""
    prompts: list[str] = []

    def author(prompt: str, seed: int | None) -> str:
        prompts.append(prompt)
        return " harbours\n2. chess" if len(prompts) == 1 else " opera"

    given = settling(chain(3), models=ScriptedCompletion(reply=author))
    found = await ask_topics(given, [].append)

    assert found.topics
    assert found.topics.names == ("harbours", "chess", "opera")
    assert prompts[0].endswith("a few words each:\n1.")
    assert prompts[1].endswith("a few words each:\n1. harbours\n2. chess\n3.")


@pytest.mark.parametrize(
    "said",
    [
        " harbours\n2. chess\n3. opera",
        "1. harbours\n2. chess\n3. opera",
        "\n1) harbours\n2) chess\n3) opera",
        " **harbours**\n2. **chess**\n3. **opera**",
        "- harbours\n- chess\n- opera",
        " harbours\n- chess\n- opera",
        "Harbours.\nChess.\nOpera.",
        "Here are some:\n1. harbours\n2. chess\n3. opera",
    ],
)
@pytest.mark.parametrize("there", [0, 2])
async def test_a_list_of_any_kind_behind_the_first_number(said: str, there: int) -> None:
    """Completion models begin anew, with bullets, or without a mark; also where topics are there already."""
    replies = [" baking\n2. taxes", said] if there else [said]
    author = ScriptedCompletion(reply=lambda prompt, seed: replies.pop(0) if replies[1:] else said)
    given = settling(chain(there + 3), models=author)
    found = await ask_topics(given, [].append)

    assert found.topics
    assert [name.lower() for name in found.topics.names[there:]] == ["harbours", "chess", "opera"]


@pytest.mark.parametrize("kind", ["chat", "completion"])
def test_the_prompt_is_in_the_chain_s_words(kind: Kind) -> None:
    """With its domain and its language; a model without a system role is told the same by the user."""
    config = chain(3, domain="A bank", language="de", model__system_role=False)
    prompt, stop = topics_prompt(settling(config), 1, ["cards"], 3, kind)
    text = prompt.to_string()

    assert "All of them belong to this domain, and none to another: A bank" in text
    assert "They are written in German." in text
    assert "System: " not in text
    assert stop == list(load_prompt("topics", "topics", "text", beside=Path(), at="topics").completion.stop) == ["\n\n"]
    assert ("numbered 2 to 4" in text) == (kind == "chat")
    told, _ = topics_prompt(settling(chain(3)), 1, [], 3, "chat")
    assert told.to_string().startswith("System: You plan what a collection of tasks")


async def test_their_prompts_are_made_anew() -> None:
    """Each is among those that its call may have been asked, also where nothing came of it."""
    author, seeds = Author(WORDS[:4], [], WORDS[4:]), SEEDS[:8]
    config = chain(6)
    given = settling(config, models=ScriptedChat(reply=author), seeds=seeds)
    found = await ask_topics(given, [].append)
    kinds = given.found.kinds
    told = AsAsked(found, kinds, {})
    for number, prompt in enumerate(author.prompts, start=101):
        entry = given.journal.get(f"found/instructions/{number}")
        assert entry
        made = [one.to_string() for one in first_prompts(config, told, seeds, given.journal, entry)]
        assert made.count(prompt) == 1
        assert text_hash(prompt) == entry.prompt_sha256
        assert len(made) == 7
    first = given.journal.get("found/instructions/101")
    assert first
    begun = Journal()
    begun.write(first)
    assert [one.to_string() for one in first_prompts(config, told, seeds, begun, first)] == [author.prompts[0]]
