"""The same cases seen by a whole run: what a server writes around its replies reaches no task."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains import self_instruct
from selfinstruct_chains.testing import Reply, ScriptedChat, scripted_author
from tests.run.scripts import config

if TYPE_CHECKING:
    from collections.abc import Callable

IN_TEXT = {"instances__input_first__output": "text", "instances__output_first__output": "text"}


def small(text: str) -> str:
    """Labels as some models write them."""
    for label in ("Example ", "Input:", "Output:", "Class label:"):
        text = text.replace(label, label.lower())
    return text


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(lambda text: text + "</s>", id="case 03: an end token behind each reply"),
        pytest.param(lambda text: f"[THINK]Let me see.[/THINK]{text}", id="case 04: thoughts before it"),
        pytest.param(small, id="case 06: labels in small letters"),
    ],
)
async def test_the_tasks_are_those_of_the_plain_replies(written: Callable[[str], str]) -> None:
    """Instances as text, each reply written strangely: nothing of that is in a task."""

    def author(prompt: str, seed: int | None) -> Reply:
        reply = scripted_author(prompt, seed)
        return reply._replace(text=written(reply.text))

    tasks = await self_instruct(config(**IN_TEXT), models=ScriptedChat(reply=author)).ainvoke({"n": 6})
    plain = await self_instruct(config(**IN_TEXT), models=ScriptedChat(reply=scripted_author)).ainvoke({"n": 6})

    assert tasks == plain
