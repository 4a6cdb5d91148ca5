"""What a run that comes to nothing says: what dropped most, and which key of the chain file helps."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains.run.acceptance import Drought
from selfinstruct_chains.tasks import Rejection
from selfinstruct_chains.testing import Reply, scripted_author
from selfinstruct_chains.testing.server import Asked, ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NUMBERS = count()
WORDS = [
    "amber",
    "bridge",
    "cellar",
    "dune",
    "engine",
    "fjord",
    "garden",
    "harbour",
    "island",
    "jungle",
    "kettle",
    "lantern",
    "meadow",
    "needle",
    "orchard",
]


def distinct(text: str) -> str:
    """Text with words that no other has."""
    number = next(NUMBERS)
    return text.format(" ".join(WORDS[(number * step) % len(WORDS)] + str(number) for step in (1, 2, 4, 7)))


def instructions(prompt: str) -> bool:
    return "Task: " not in prompt


def instances(prompt: str) -> bool:
    return "Task: " in prompt and "Is it classification?" not in prompt


def classification(prompt: str) -> bool:
    return "Is it classification?" in prompt


def one(output: str, given: str = "A note about rivers.") -> str:
    return f'{{"instances": [{{"input": "{given}", "output": "{output}"}}]}}'


REPLIES: dict[str, tuple[Callable[[str], bool], str | Reply, str, str]] = {
    "cut instructions": (
        instructions,
        Reply("1. Explain the", finish_reason="length"),
        "mostly by truncated",
        "raise model.max_tokens of instructions",
    ),
    "cut instances": (
        instances,
        Reply('{"instances": [{"input": "a note", "outp', finish_reason="length"),
        "mostly by truncated",
        "instances.input_first",
    ),
    "thoughts instead of yes or no": (
        classification,
        Reply("<think>Let me see", finish_reason="length"),
        "mostly by truncated",
        "raise model.max_tokens of classification",
    ),
    "no list": (instructions, "", "mostly by unreadable", "look at them in rejected.jsonl"),
    "no instances": (instances, "What a nice day it is!", "mostly by unreadable", "output: json_schema"),
    "the same again": (
        instructions,
        "1. Explain the tides to a sailor.",
        "mostly by novelty",
        "raise instructions.model.temperature",
    ),
    "pictures": (instructions, "1. Describe this image of {}.", "mostly by keyword ", "of that kind in filters"),
    "too short": (instructions, "1. Write", "mostly by too_short", "of that kind in filters"),
    "no answer": (
        instances,
        one("I'm sorry, but I can't help with that."),
        "mostly by refusal",
        "the prompt of instances.input_first",
    ),
    "an echo": (instances, one("A note about rivers."), "mostly by echo", "outputs repeat their inputs"),
}


def stopped(selfinstruct: Callable[..., Any], server: ScriptedServer, folder: Path, *more: str) -> str:
    """The end of a run against `server`, as one line."""
    own = ["--set", f"model.base_url={server.base_url}", "--set", "run.lookahead=2", "--set", "run.give_up_after=2"]
    for role in ("input_first", "output_first"):  # nothing to be found by calls, which a weak model would fail
        own += ["--set", f"instances.{role}.output=json_schema"]
    said = selfinstruct("generate", "-n", "50", "--chain", "openai", *own, "-o", str(folder), *more)
    assert said.code == (3 if more else 4), said
    return " ".join(said.out.split())


@pytest.mark.parametrize("case", REPLIES)
def test_advice_goes_by_what_dropped_most(selfinstruct: Callable[..., Any], tmp_path: Path, case: str) -> None:
    """A model with one weakness: the reason, and the key that mends it."""
    about, reply, why, advice = REPLIES[case]

    def answer(prompt: str, seed: int | None) -> str | Reply:
        if not about(prompt):
            return scripted_author(prompt, seed)
        return distinct(reply) if isinstance(reply, str) and "{}" in reply else reply

    with ScriptedServer(answer) as server:
        said = stopped(selfinstruct, server, tmp_path / "run")

    assert why in said
    assert advice in said


@pytest.mark.parametrize(
    ("answer", "about", "why", "advice"),
    [
        ("openai/too_long_messages", instructions, "context_too_long", "show fewer examples (instructions)"),
        ("openai/too_long_messages", instances, "context_too_long", "their prompt_tokens"),
        ("openai/filtered_input_invalid_prompt", instances, "content_filter", "the provider's filter refuses"),
    ],
)
def test_advice_goes_by_what_the_provider_refuses(  # noqa: PLR0913, PLR0917
    selfinstruct: Callable[..., Any],
    tmp_path: Path,
    answer: str,
    about: Callable[[str], bool],
    why: str,
    advice: str,
) -> None:
    """A provider that refuses one step's prompts: its reason, and the keys that mend it."""

    def plan(asked: Asked) -> str | None:
        return answer if about(asked.prompts[0]) else None

    with ScriptedServer(faults=plan) as server:
        said = stopped(selfinstruct, server, tmp_path / "run")

    assert f"mostly by {why}" in said
    assert advice in said


def test_a_budget_that_went_into_nothing_says_so(selfinstruct: Callable[..., Any], tmp_path: Path) -> None:
    """The same advice where a budget ends the run, and most was dropped; none where most was kept."""
    with ScriptedServer(lambda prompt, seed: "Hm." if instances(prompt) else scripted_author(prompt, seed)) as server:
        poor = stopped(selfinstruct, server, tmp_path / "poor", "--max-calls", "60", "--set", "run.give_up_after=30")
    with ScriptedServer() as server:
        good = stopped(selfinstruct, server, tmp_path / "good", "--max-calls", "80")

    assert "Little of what came was of use" in poor
    assert "mostly by unreadable" in poor
    assert "Little of what came" not in good


def test_a_drought_is_about_what_came_in_it() -> None:
    """What was dropped before the last success is no reason for what came after."""
    drought = Drought()

    def drop(rule: str) -> Rejection:
        return Rejection(id="000000-00", rule=rule, stage="instruction", text="", request=0)

    drought.add([drop("novelty")] * 9, good=False)
    drought.add([drop("novelty")], good=True)
    drought.add([drop("mine")], good=False)

    assert drought.told("requests").startswith("the last 1 requests, mostly by mine (1 of 1): look at them")
