"""What seed tasks lack is asked for once, and whatever still lacks something is counted by its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import Instance, load_config
from selfinstruct_chains.errors import BudgetReached
from selfinstruct_chains.files.seeds import Draft
from selfinstruct_chains.run.filling import Filling
from selfinstruct_chains.testing import Reply
from selfinstruct_chains.testing.server import ScriptedServer

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = Instance(input="", output="Known.")


def draft(instruction: str, *instances: Instance, kind: bool | None = None) -> Draft:
    """A task of which only that is known."""
    return Draft(id=instruction[:9], instruction=instruction, is_classification=kind, instances=instances)


DRAFTS = [
    draft("Whole from the beginning.", KNOWN, kind=False),
    draft("Explain how tides come about."),
    draft("Decide whether the note is good news."),
    draft("Tell me what you can't decide."),
    draft("Explain what nobody can read.", kind=False),
    draft("Echo what stands there.", kind=False),
    draft("Explain how tides come about."),
    draft("Of what kind is this one?", KNOWN),
    draft("Say nothing at all.", kind=False),
]
"""The second one twice."""


def author(prompt: str, seed: int | None = None) -> Reply:
    """Answers each as it is called."""
    last = prompt.rpartition("Task: ")[2]
    if "Is it classification?" in prompt:
        return Reply("Perhaps so." if "can't decide" in last else "Yes" if "Decide" in last else "No")
    if "Decide" in last:
        return Reply("Class label: good\nInput: We won.\nClass label: bad\nInput: We lost.")
    if "nobody can read" in last:
        return Reply("")
    if "Echo" in last:
        return Reply("Input: What stands there is this.\nOutput: What stands there is this.")
    return Reply("Output: " if "nothing" in last else "Output: By the moon.")


async def filled(
    server: ScriptedServer, folder: Path, drafts: list[Draft] = DRAFTS, **budgets: Any
) -> tuple[Filling, Any]:
    """The work, and what came of it."""
    forms = {f"instances.{form}_first.output": "text" for form in ("input", "output")}
    config = load_config("openai", {"model.base_url": server.base_url, "model.system_role": True, **forms})
    work = Filling(config, drafts, folder)
    return work, await work.run(budgets or None)  # type: ignore[arg-type]


async def test_each_gets_what_it_lacks(tmp_path: Path) -> None:
    """In their order, twice the same alike; the rest is counted, and nothing that is there is asked for."""
    with ScriptedServer(author) as server:
        work, found = await filled(server, tmp_path)
        asked = [request.prompts[0].rpartition("Task: ")[2].partition("\n")[0] for request in server.asked]
        again, same = await filled(server, tmp_path)
        assert len(server.asked) == len(asked)

    tide = (Instance(input="", output="By the moon."),)
    labels = (Instance(input="We won.", output="good"), Instance(input="We lost.", output="bad"))
    assert [(one.instruction, one.is_classification, one.instances) for one in found.tasks] == [
        (DRAFTS[0].instruction, False, (KNOWN,)),
        (DRAFTS[1].instruction, False, tide),
        (DRAFTS[2].instruction, True, labels),
        (DRAFTS[1].instruction, False, tide),
        (DRAFTS[7].instruction, False, (KNOWN,)),
    ]
    assert found.left_out == {"unreadable": 3, "echo": 1}
    assert asked.count(DRAFTS[1].instruction) == 2
    assert asked.count(DRAFTS[0].instruction) == 0
    assert asked.count(DRAFTS[7].instruction) == 1
    assert asked.count(DRAFTS[3].instruction) == 2
    assert same == found
    assert (work.monitor.wanted, work.monitor.finished, again.monitor.new) == (10, 9, 0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["classification", "input_first", "output_first"]


async def test_what_lacks_nothing_asks_nothing(tmp_path: Path) -> None:
    """No folder is made."""
    with ScriptedServer(author) as server:
        work, found = await filled(server, tmp_path / "no", DRAFTS[:1])
        assert len(server.asked) == 0

    assert (found.tasks, found.left_out, work.monitor.notes) == (DRAFTS[:1], {}, [])
    assert not (tmp_path / "no").exists()


async def test_a_budget_is_over_all_roles(tmp_path: Path) -> None:
    """What was asked before it was reached is kept."""
    with ScriptedServer(author) as server:
        with pytest.raises(BudgetReached, match="5 calls"):
            await filled(server, tmp_path, calls=5)
        assert 0 < len(server.asked) <= 5


def test_what_there_is_to_say_of_its_models(tmp_path: Path) -> None:
    """Of those that are asked, once: that which asks for instructions is not."""
    at = {"model.base_url": "http://127.0.0.1:9/v1", "model.name": "qwq", "model.extra": {}}
    small = {f"{role}.model.max_tokens": 16 for role in ("instructions", "classification", "instances.input_first")}
    notes = Filling(load_config("openai", {**at, **small}), DRAFTS, tmp_path).monitor.notes
    other = load_config("openai", {**at, "instructions.model.max_tokens": 16, "classification.model.max_tokens": 2000})

    assert [note.partition(",")[0] for note in notes] == ["max_tokens is 16"]
    assert Filling(other, DRAFTS, tmp_path).monitor.notes == []
    assert (
        len(
            Filling(
                other.with_role("classification", model=other.model_for("instructions")), [], tmp_path
            ).monitor.notes
        )
        == 1
    )


async def test_whole_drafts_are_the_examples(tmp_path: Path) -> None:
    """Those that lack nothing."""
    whole = [draft(f"Sort the note number {n} by its tone.", KNOWN, kind=True) for n in range(12)]
    with ScriptedServer(author) as server:
        await filled(server, tmp_path, [*whole, *DRAFTS[1:3]])
        prompt = server.asked[0].prompts[0]

    assert all(f"Task: {one.instruction}\nIs it classification? Yes" in prompt for one in whole)
    assert prompt.count("Is it classification? Yes") == 12
