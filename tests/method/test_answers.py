"""Yes and no in the languages that models answer in."""

# ruff: noqa: RUF001 - texts in many scripts

from __future__ import annotations

import pytest

from selfinstruct_chains.errors import SelfInstructError
from selfinstruct_chains.files.chain import load_config
from selfinstruct_chains.files.languages import load_languages
from selfinstruct_chains.method.answers import ANSWERS, answer, answers_of
from selfinstruct_chains.method.parsers import ClassificationParser, InstancesParser
from selfinstruct_chains.run.language import lexicon_of

ALL = answers_of(load_languages())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Ja.", True),
        ("Nein", False),
        ("\u201eJa\u201c", True),
        ("\u2039Non\u203a", False),
        ("「はい」", True),
        ("\uff08いいえ\uff09", False),
        ("【是】", True),
        ("否…", False),
        ("نعم؛ فالإجابة صنف واحد", True),
        ("**Ja**, das ist eine Klassifikationsaufgabe.", True),
        ("Nein, das ist keine.", False),
        ("Antwort: Ja", True),
        ("Die Antwort ist: Nein.", False),
        ("Oui.", True),
        ("Non, ce n'en est pas une.", False),
        ("Réponse : Oui", True),
        ("La réponse est non.", False),
        ("Sí.", True),
        ("Respuesta: No", False),
        ("Sim", True),
        ("Não.", False),
        ("A resposta é sim.", True),
        ("Да", True),
        ("Нет.", False),
        ("Ответ: да", True),
        ("是", True),
        ("否", False),
        ("不是。", False),
        ("是的，这是一个分类任务。", True),
        ("答案：否", False),
        ("はい。", True),
        ("いいえ、分類ではありません。", False),
        ("回答：はい", True),
        ("نعم", True),
        ("لا.", False),
        ("الإجابة: نعم", True),
        ("हाँ", True),
        ("नहीं।", False),
        ("उत्तर: हाँ", True),
        ("Sì", True),
        ("네", True),
        ("Nie.", False),
        ("Ja, ich kann dir dabei helfen.", None),
        ("Ja, gerne! Was soll ich tun?", None),
        ("Oui, je peux vous aider.", None),
        ("Sí, puedo ayudarte con eso.", None),
        ("Sim, posso ajudar.", None),
        ("Да, я могу помочь.", None),
        ("是的，我可以帮您。", None),
        ("はい、お手伝いします。", None),
        ("نعم، يمكنني مساعدتك.", None),
        ("हाँ, मैं आपकी मदद कर सकता हूँ।", None),
        ("Yes, I can help with that.", None),
        ("Ja, ich kann sagen: Das ist eine Klassifikation.", True),
        ("Ja, ich kann helfen. Nein.", False),
        ("Ja oder Nein", None),
        ("Si l'on veut, peut-être.", None),
    ],
)
def test_answers_in_other_languages(text: str, said: bool | None) -> None:
    """A word for yes or no decides, in whatever language; an offer to help is no answer."""
    assert answer(text, ALL) is said


@pytest.mark.parametrize("text", ["Ja.", "否"])
def test_alone_a_parser_knows_english(text: str) -> None:
    """Without languages English is known, the form that prompts ask for."""
    assert answer(text, ANSWERS) is None
    with pytest.raises(SelfInstructError):
        ClassificationParser().parse(text)


def test_a_run_knows_all_languages() -> None:
    """Models mix: labels, yes and no are understood in every language that has a file."""
    words = lexicon_of(load_config("openai", {"language": "de"}))
    assert ClassificationParser(lexicon=words).parse("Nein.") is False
    assert ClassificationParser(lexicon=words).parse("是") is True
    [instance] = InstancesParser(form="input_first", lexicon=words).parse("Eingabe: zwei\nAusgabe: drei").items
    assert (instance.input, instance.output) == ("zwei", "drei")
