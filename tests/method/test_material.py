"""Instructions that carry what they work on."""

from __future__ import annotations

import pytest

from selfinstruct_chains.method.material import carries_material


@pytest.mark.parametrize(
    "instruction",
    [
        "Which of the following is not an input type? (a) number (b) date (c) phone number",
        "Choose the planet.\nA. Paris\nB. Mars",
        'Is the sentence "I really love this film" positive or negative?',
        "Classify the sentiment of this review.\n\nThe room was cold and loud.",
        "判断这句话的情感\uff1a「这家餐厅的服务非常好」",
        "文の調子を答えてください\uff1a『明日は雨が降るでしょう』",
        "Ist der Satz \u201eDas Essen war leider kalt\u201c Lob oder Kritik?",
        "Lob oder Kritik: »Das Essen war leider kalt«?",
    ],
)
def test_material_in_the_instruction(instruction: str) -> None:
    """Marked options, a quoted text and text on further lines are material."""
    assert carries_material(instruction)


@pytest.mark.parametrize(
    "instruction",
    [
        "Classify the sentiment of the review as positive or negative.",
        'Say whether the user is satisfied. Respond with "Satisfied" or "Not satisfied".',
        "Is this e-mail spam? Answer yes or no.",
        "Antworte mit »du« oder »Sie«, je nachdem, wen der Text anspricht.",
        "Tell me if I. M. Pei or A. Aalto built it, given a description.",
        "",
    ],
)
def test_material_that_is_still_to_come(instruction: str) -> None:
    """Names of classes, in quotes or not, are none."""
    assert not carries_material(instruction)
