"""Lists that a model begins anew."""

from __future__ import annotations

import pytest

from selfinstruct_chains.method.lists import list_items
from selfinstruct_chains.method.parsing import parse_instructions

TWO = ("Write a haiku about rain.", "List three uses of vinegar.")


@pytest.mark.parametrize(
    "restart",
    [
        "11. Come up with a series of tasks:\n1. Name a river.\n2. Name a hill.",
        "\nCome up with a series of tasks:\n1. Name a river.",
        "Come up with a series of tasks:\n1. Name a river.",
        "\nBelow is a list of different tasks that people asked a helpful assistant to do.\n\n1. Name a river.",
        "\nHere are tasks that different people asked for help with:\n\n1. Name a river.",
    ],
)
def test_a_prompt_begun_anew_ends_the_list(restart: str) -> None:
    """Where a model writes the prompt once more, its list has ended, and its last item is whole."""
    reply = f" {TWO[0]}\n10. {TWO[1]}\n{restart}"
    assert parse_instructions(reply, continues=True).items == TWO
    assert parse_instructions(f"9.{reply}").items == TWO
    assert parse_instructions(reply, continues=True, truncated=True) == (TWO, "")


@pytest.mark.parametrize(
    "reply",
    [
        f"Here are two new tasks:\n1. {TWO[0]}\n2. {TWO[1]}",
        f"Come up with a series of tasks:\n\n1. {TWO[0]}\n2. {TWO[1]}",
    ],
)
def test_what_announces_a_list_is_no_restart(reply: str) -> None:
    """The same words above the first item are a preamble."""
    assert parse_instructions(reply).items == TWO


def test_a_list_inside_an_item_is_no_restart() -> None:
    """An item that orders tasks which stand below it is no prompt begun anew."""
    reply = "9. Write the following tasks in their order:\n1. eat\n2. cook\n10. Name a river."
    assert [item.text for item in list_items(reply, continues=False)][-1] == "Name a river."
