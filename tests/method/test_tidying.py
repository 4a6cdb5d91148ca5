"""What is taken off every reply before it is read."""

from __future__ import annotations

import pytest

from selfinstruct_chains.method.tidying import tidied


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        ("<think>\nHm.\n</think>\n\nYes", "Yes"),
        ("<thinking>Hm.</thinking>Yes", "Yes"),
        ("Hm. The template opened the tag.</think>Yes", "Yes"),
        ("<think>Hm, cut", ""),
        ("Use <think> tags", "Use <think> tags"),
        ("Put </thinking> at the end", "Put </thinking> at the end"),
    ],
)
def test_thoughts_are_no_part_of_a_reply(reply: str, text: str) -> None:
    """Nor is what was cut while the model thought; a text that speaks of the tags keeps them."""
    assert tidied(reply) == text
