"""What is taken off every reply before it is read: thoughts, and the marks of a chat template."""

from __future__ import annotations

import pytest

from selfinstruct_chains.method.special_tokens import TABLE, Row
from selfinstruct_chains.method.tidying import tidied, unfenced


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


@pytest.mark.parametrize(
    "reply",
    [
        '<analysis>\n  <sentence id="1">The dog ran.</sentence>\n</analysis>',
        "<analysis>\n<!-- one -->\n<sentence/>\n</analysis>",
        "<analysis>It is sad.</analysis>\n<summary>It rains.</summary>",
        '<reasoning lang="en">All men die.</reasoning>\n<result>Socrates dies.</result>',
        "<thought>Where?</thought>\n<say>Hello?</say>\n<thought>There.</thought>",
        "<report>\n<analysis>It is sad.</analysis>\n</report>",
    ],
)
def test_an_element_of_a_document_is_no_thought(reply: str) -> None:
    """Tags with a word's name around other tags, or right before one, stand in a document that was asked for."""
    assert tidied(reply) == reply


@pytest.mark.parametrize(
    "answer",
    [
        "Yes",
        "<answer>\nYes\n</answer>",
        "<output>Yes</output>",
        "<example>\n<input>a</input>\n<output>Yes</output>\n</example>",
        "<svg><text>Yes</text></svg>",
        "\n<poem>Yes</poem>",
    ],
)
@pytest.mark.parametrize("tag", ["reasoning", "analysis", "thinking", "reflection"])
def test_thoughts_before_an_answer_are_no_document(tag: str, answer: str) -> None:
    """Before a text, tags of an answer, an example or HTML, or a blank line they are thoughts; alone no answer."""
    assert "Hm" not in tidied(f"<{tag}>\nHm, <input> is meant.\n</{tag}>\n{answer}")
    assert "Yes" in tidied(f"<{tag}>\nHm, <input> is meant.\n</{tag}>\n{answer}")
    assert tidied(f"<{tag}>Hm.</{tag}>") == ""


def of_kind(kind: str) -> list[Row]:
    """The rows of one kind."""
    return [row for row in TABLE if row.kind == kind]


@pytest.mark.parametrize("mark", sorted({mark for row in of_kind("turn") for mark in row.closing}))
@pytest.mark.parametrize("behind", ["", "\n", "\n\nAnd the next turn.", "<|endoftext|>"])
def test_every_mark_that_ends_a_turn_ends_the_reply(mark: str, behind: str) -> None:
    """What stands before it stays as it is."""
    assert tidied(f"A poem.\nA river.{mark}{behind}") == "A poem.\nA river."


@pytest.mark.parametrize("mark", sorted({mark for row in of_kind("turn") for mark in (*row.opening, *row.closing)}))
@pytest.mark.parametrize("text", ["Put the {} there.", "It is `{}`.", 'A "{}" ends it', "```\na{}\n```\nb"])
def test_a_text_that_speaks_of_a_mark_keeps_it(mark: str, text: str) -> None:
    """In a sentence, in code and in quotes."""
    assert tidied(text.format(mark)) == text.format(mark)


@pytest.mark.parametrize("row", of_kind("thoughts"), ids=lambda row: row.opening[0])
def test_every_family_s_thoughts_are_taken_off(row: Row) -> None:
    """Whole ones leave the answer, cut ones nothing, and a lone closing mark the answer too, unless it is prose."""
    for opening in row.opening:
        assert tidied(f"{opening}\nHm, yes?\n{row.closing[0]}\n\nNo") == "No"
        assert tidied(f"{opening}\nHm, ye") == ""
    alone = f"Hm.\n{row.closing[0]}\n\nNo"
    assert tidied(alone) == (alone if row.closing[0].startswith("Here") else "No")


@pytest.mark.parametrize("row", of_kind("answer"), ids=lambda row: row.opening[0])
def test_an_answer_between_a_family_s_marks_is_taken_out(row: Row) -> None:
    """The marks go, also before a mark that ends the turn."""
    assert tidied(f"{row.opening[0]}\nNo\n{row.closing[0]}").strip() == "No"
    assert tidied(f"{row.opening[0]}No{row.closing[0]}<|im_end|>") == "No"


def test_every_row_has_a_source_and_marks() -> None:
    """A family, where its marks were found, and at least one mark that closes."""
    assert all(row.families and row.source and row.closing for row in TABLE)


@pytest.mark.parametrize(
    ("reply", "inside"),
    [
        ("```json\n{}\n```", "{}"),
        (" ```\na\n\nb\n```\n", "a\n\nb"),
        ("```\na\n```\nb\n```", "```\na\n```\nb\n```"),
        ("Use ```x```", "Use ```x```"),
        ("```\n```", ""),
        ("```python", "```python"),
    ],
)
def test_a_reply_that_is_one_fence(reply: str, inside: str) -> None:
    """What it holds; a text with several fences, or with none, is left as it is."""
    assert unfenced(reply) == inside
