"""Lists that a model begins anew."""

from __future__ import annotations

import pytest

from selfinstruct_chains.method.lists import list_items
from selfinstruct_chains.method.parsing import parse_instructions

TWO = ("Write a haiku about rain.", "List three uses of vinegar.")


@pytest.mark.parametrize("announced", ["以下是两个新任务\uff1a", "新しい課題\uff1a", "مهام جديدة:"])
def test_a_line_that_announces_the_list_is_no_item(announced: str) -> None:
    """Whatever the colon's width, above items without marks too."""
    assert parse_instructions("\n".join([announced, *TWO])).items == TWO


@pytest.mark.parametrize(
    "lines", ["○○さんへのお礼を書いて。\n□に入る漢字を答えて。", "●●社への断りのメール。\n■■の意味を教えて。"]
)
def test_a_sign_for_a_name_or_a_gap_is_no_bullet(lines: str) -> None:
    """Japanese writes so what is to be filled in."""
    assert list(parse_instructions(lines).items) == lines.split("\n")


@pytest.mark.parametrize("lines", ["10 - 3 = ?\n11 - 4 = ?", "7- 3 = ?\n8- 2 = ?"])
def test_a_difference_is_no_mark(lines: str) -> None:
    """Only a number, a hyphen and words are one, as Arabic and French lists have them."""
    assert list(parse_instructions(lines).items) == lines.split("\n")


@pytest.mark.parametrize(
    ("quoted", "plain"),
    [
        ("\u201eNenne drei Flüsse.\u201c", "Nenne drei Flüsse."),
        ("「川を三つ挙げて」", "川を三つ挙げて"),
        ("「は」と「が」", "「は」と「が」"),
        ("»Das« oder »dass«", "»Das« oder »dass«"),
    ],
)
def test_quotes_around_the_whole(quoted: str, plain: str) -> None:
    """Those of any language go, those of two words in it stay."""
    assert parse_instructions(f"1. {quoted}").items == (plain,)


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


SPANISH = ("Explica la inflación a un niño.", "Traduce la frase al inglés.", "Resume el texto en una frase.")
MORE = ("Escribe una carta de queja.", "Calcula el área de un círculo.")


@pytest.mark.parametrize(
    ("announced", "tasks"),
    [
        ("11. Inventa una serie de tareas:\n", SPANISH + MORE),
        ("Inventa una serie de tareas:\n", SPANISH),
        ("\nInventa una serie de tareas:\n\n", SPANISH),
        ("请想出一系列不同的任务\uff1a\n", ("向孩子解释通货膨胀。", "把这句话翻译成英文。")),
    ],
)
def test_a_prompt_begun_anew_in_any_language_ends_the_list(announced: str, tasks: tuple[str, ...]) -> None:
    """A line with a colon, and sentences numbered from 1 to the end, the last of them cut or not."""
    again = "\n".join(f"{n}. {task}" for n, task in enumerate(tasks, 1))
    for cut in ("", f"\n{len(tasks) + 1}. Ordena las pal"):
        reply = f" {TWO[0]}\n10. {TWO[1]}\n{announced}{again}{cut}"
        assert parse_instructions(reply, continues=True).items == TWO
        assert parse_instructions(f"9.{reply}").items == TWO


@pytest.mark.parametrize(
    "inner",
    [
        "1. manzana\n2. higo\n3. pera\n4. uva\n5. kiwi",
        "1. ¿Qué es el sol?\n2. ¿Qué es la luna?\n3. ¿Qué es Marte?\n4. ¿Qué es Venus?\n5. ¿Qué es un año?",
        "1. Vivo en Lima.\n2. Ella canta bien.",
    ],
)
def test_material_of_the_last_item_is_no_restart(inner: str) -> None:
    """Words, questions and few sentences below an item's own line are what it works on."""
    items = parse_instructions(f"9. {TWO[0]}\n10. Haz lo que falta con esto:\n{inner}").items
    assert items == (TWO[0], f"Haz lo que falta con esto: {' '.join(inner.split())}")


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
