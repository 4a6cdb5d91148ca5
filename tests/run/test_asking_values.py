"""What a question to one model depends on, and what is counted of it; in a folder, or in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.prompt_values import StringPromptValue

from selfinstruct_chains import Monitor, load_config
from selfinstruct_chains.config import Price
from selfinstruct_chains.errors import RunError, RunStopped
from selfinstruct_chains.method.parsing import UnreadableReply
from selfinstruct_chains.models.own import own_model
from selfinstruct_chains.run.asking import Asked, Question, Unanswered, asking, shaping
from selfinstruct_chains.run.folder import locked
from selfinstruct_chains.run.journal import scan
from selfinstruct_chains.testing import Reply, ScriptedChat

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

PRICE = {"input": 1, "output": 1}


def asked(script: Any = lambda prompt, seed: "A", **values: Any) -> Asked:
    """Of a scripted model."""
    config = load_config("openai", {key.replace("__", "."): value for key, value in values.items()})
    return Asked("judge", config, config.model, {"prompt": "shout"}, own_model(ScriptedChat(reply=script)))


def one_word(message: AIMessage) -> str:
    """What a reply says, if it is one word."""
    text = str(message.text)
    if " " in text:
        raise UnreadableReply("one word is expected", text)
    return text


def question(id_: str, **options: Any) -> Question[str]:
    """About one item."""
    return Question(id_, StringPromptValue(text=f"Shout {id_}"), one_word, options)


def test_what_the_replies_depend_on() -> None:
    """Of a chain's model not where it is, how patiently it is asked, or what it costs; of one's own the name."""
    own = asked(run__seed=7)
    at = {"model.base_url": "http://10.0.0.1/v1", "model.price": PRICE, "model.timeout": 7, "model.temperature": 0.5}
    config = load_config("openai", at)
    named = shaping(Asked("answer", config, config.model, {"model.name": "wins"}))

    assert shaping(own) == {"purpose": "judge", "seed": 7, "own": "ScriptedChat", "prompt": "shout"}
    assert (named["purpose"], named["seed"], named["model.name"], named["model.temperature"]) == (
        *("answer", 42, "wins"),
        0.5,
    )
    assert {"model.provider", "model.kind", "model.max_tokens", "model.send_seed"} <= named.keys()
    assert not {"model.base_url", "model.timeout", "model.price.input", "model.price"} & named.keys()
    assert "own" not in named


async def test_in_memory_nothing_is_kept() -> None:
    """The monitor counts; and whoever was to be asked is gone when the block ends."""
    monitor = Monitor()
    async with asking(asked(model__price=PRICE), None, monitor, questions=3) as asker:
        assert (monitor.wanted, monitor.prices, monitor.notes) == (3, {"judge": Price(input=1, output=1)}, [])
        found = await asker.all([question("b"), question("a")])

    assert list(found.items()) == [("b", "A"), ("a", "A")]
    assert (monitor.finished, monitor.new, monitor.new_calls, monitor.calls) == (2, 2, 2, 2)
    with pytest.raises(RunStopped, match="the run has ended"):
        await asker.ask(question("c"))


async def test_of_a_model_of_ones_own_only_the_file_s_price_is_known() -> None:
    """Not that of the model which it stands for."""
    monitor = Monitor()
    config = load_config("openai", {"model.name": "gpt-4.1-mini"})
    async with asking(asked()._replace(chain=config, model=config.model), None, monitor, questions=1):
        assert monitor.prices == {"judge": None}
    at = load_config("openai", {"model.base_url": "http://127.0.0.1:9/v1"})
    async with asking(Asked("judge", at, at.model, {}), None, monitor, questions=1):
        assert monitor.prices == {"judge": Price(input=0, output=0)}


@pytest.mark.parametrize(
    ("replies", "found", "calls"),
    [
        (["A", "B"], "A", 1),
        (["not one", "B"], "B", 2),
        (["not one", "not one"], Unanswered("unreadable", "one word is expected"), 2),
    ],
)
async def test_it_is_asked_twice_at_most(tmp_path: Any, replies: list[str], found: Any, calls: int) -> None:
    """Each call has a key of its own, and is counted once; known from then on, it is not new."""
    rest = iter(replies)
    told = asked(lambda prompt, seed: Reply(next(rest)))
    for new in (1, 0):
        monitor = Monitor()
        async with asking(told, tmp_path, monitor, questions=1) as asker:
            assert await asker.ask(question("a/b")) == found
        assert (monitor.finished, monitor.new) == (1, new)

    keys = [entry.key for _, entry in scan(tmp_path / "journal.jsonl")]
    assert keys == [f"judge/a%2Fb/{number}" for number in range(1, calls + 1)]


async def test_a_folder_is_one_process_s(tmp_path: Any) -> None:
    """As long as the block lasts."""
    async with asking(asked(), tmp_path, Monitor(), questions=1):
        with pytest.raises(RunError, match="another process is working in this folder"):
            async with asking(asked(), tmp_path, Monitor(), questions=1):
                pass
    locked(tmp_path).release()
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="file: can't be written: "):
        async with asking(asked(), tmp_path / "file", Monitor(), questions=1):
            pass
