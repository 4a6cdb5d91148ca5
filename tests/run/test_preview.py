"""One request that is tried: what is said of each of its instructions, and which calls were made for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from selfinstruct_chains import Monitor, Rejection, Task, load_config, read_seeds
from selfinstruct_chains.files import shipped
from selfinstruct_chains.run.preview import Requested, Trial
from selfinstruct_chains.testing import Reply, scripted_author
from selfinstruct_chains.testing.server import ScriptedServer

if TYPE_CHECKING:
    from pathlib import Path

SEEDS = read_seeds(shipped.SEEDS)
FORMS = {f"instances.{form}_first.output": "text" for form in ("input", "output")}
WRITTEN = (
    "Explain how a bridge carries its own weight.",
    "Draw",
    "Decide whether a note about a garden is a complaint or praise.",
    "Explain how a bridge carries all of its own weight.",
    "List three things that a baker does before dawn.",
)


def author(prompt: str, seed: int | None = None, *, written: tuple[str, ...] = WRITTEN, end: str = "stop") -> Reply:
    """As the scripted author, but what it writes of instructions is known."""
    if "Task: " in prompt:
        return scripted_author(prompt, seed)
    return Reply("\n".join(f"{number}. {text}" for number, text in enumerate(written, start=1)), end)


async def tried(
    script: Any = author, seeds: Path | None = None, **given: Any
) -> tuple[Requested, list[Any], Trial, Any]:
    """The request, what was completed, and with what it was made."""
    with ScriptedServer(script, remember=100) as server:
        settings = {"model.base_url": server.base_url, "model.system_role": True, **FORMS}
        trial = Trial(load_config("openai", settings), Monitor(), seeds, **given)
        request, *slots = [step async for step in trial.steps()]
    assert isinstance(request, Requested)
    return request, slots, trial, server


async def test_the_first_two_that_join_are_completed() -> None:
    """Of request 0, if not said otherwise; the calls are there in their order."""
    request, slots, trial, server = await tried()

    assert [look.rules for look in request.looked] == [(), ("too_short",), (), ("novelty",), ()]
    assert [look.nearest.id for look in request.looked if look.nearest][3] == "000000-00"
    assert [slot.text for slot in slots] == [WRITTEN[0], WRITTEN[2]]
    assert [isinstance(slot.outcome[-1], Task) for slot in slots] == [True, True]
    keys = [entry.key for entry in trial.entries()]
    assert keys[0] == "instructions/000000/1"
    assert sorted(keys[1:3]) == ["classification/000000-00/1", "classification/000000-02/1"]
    assert sorted(keys[3:]) == ["input_first/000000-00/1", "output_first/000000-02/1"]
    assert len(server.asked) == 5


async def test_another_request_and_none_completed() -> None:
    """It has its own number, examples, and ids of candidates."""
    request, slots, trial, _ = await tried(request=3, complete=0)
    first, *_ = await tried(complete=0)

    assert slots == []
    assert [entry.key for entry in trial.entries()] == ["instructions/000003/1"]
    assert [look.slot.id for look in request.looked] == [f"000003-0{n}" for n in range(5)]
    assert request.shown.ids != first.shown.ids
    assert set(request.shown.ids) <= {task.id for task in SEEDS}


async def test_what_was_cut_or_can_t_be_read_has_that_for_its_rule() -> None:
    """And no other; nothing is most like it."""
    cut, *_ = await tried(lambda prompt, seed: author(prompt, seed, end="length"), complete=0)
    unread, *_ = await tried(lambda prompt, seed: Reply(""), complete=0)

    assert [look.rules for look in cut.looked][-1] == ("truncated",)
    assert [look.nearest is None for look in cut.looked] == [False, False, False, False, True]
    assert [(look.rules, look.nearest) for look in unread.looked] == [(("unreadable",), None)]


async def test_every_rule_that_drops_one_is_named() -> None:
    """By the filters in their order, novelty last; a seed of the chain's is what it is most like."""
    seed = SEEDS[0].instruction
    said, *_ = await tried(
        lambda prompt, seed_: author(prompt, seed_, written=("Draw a cat", seed, "Draw a cat")), complete=0
    )

    assert [look.rules for look in said.looked] == [("too_short", "keyword"), ("novelty",), ("too_short", "keyword")]
    assert said.looked[1].nearest
    assert (said.looked[1].nearest.id, said.looked[1].nearest.score) == (SEEDS[0].id, 1.0)


async def test_a_refusal_of_one_that_is_completed_is_told() -> None:
    """It is settled by that, and the others are completed."""

    def refused(asked: Any) -> str | None:
        return "openai/filtered_input_invalid_prompt" if "Task: Explain how a bridge" in asked.prompts[0] else None

    with ScriptedServer(author, faults=refused) as server:
        trial = Trial(
            load_config("openai", {"model.base_url": server.base_url, "model.system_role": True, **FORMS}), Monitor()
        )
        _, first, second = [step async for step in trial.steps()]

    assert not isinstance(first, Requested)
    assert not isinstance(second, Requested)
    assert [(one.rule, one.stage) for one in first.outcome if isinstance(one, Rejection)] == [
        ("content_filter", "task")
    ]
    assert second.good


async def test_notes_of_all_that_there_is_to_say(tmp_path: Path) -> None:
    """Of the seeds, and of the prompts that they are too few for."""
    path = tmp_path / "seeds.jsonl"
    path.write_text("".join(task.model_dump_json() + "\n" for task in SEEDS if not task.is_classification))
    _, _, trial, _ = await tried(seeds=path, complete=0)

    assert [note.partition(",")[0] for note in trial.notes] == [
        "classification: of the examples in its prompt 19 are seeds and 12 shipped ones",
        "output_first: of the examples in its prompt 0 are seeds and 6 shipped ones",
    ]
