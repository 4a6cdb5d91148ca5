"""Examples as tokens, with a tokenizer that is a table of letters."""

from __future__ import annotations

from typing import Any

import pytest

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.training.data import Example
from selfinstruct_chains.training.encoding import encoded, fitting


class Letters:
    """A token for each letter, and a beginning; it puts a letter e and what follows it in one token, if told so."""

    eos_token, eos_token_id, chat_template = "#", ord("#"), "yes"

    def __init__(self, **changes: Any) -> None:
        self.joins, self.ends = changes.pop("joins", False), changes.pop("ends", False)
        for name, value in changes.items():
            setattr(self, name, value)

    def __call__(self, text: str, *, add_special_tokens: bool) -> dict[str, list[int]]:
        ids = list(map(ord, text.replace(": ", "\N{SNOWMAN}") if self.joins else text))
        end = [ord("#")] * self.ends
        return {"input_ids": [1, *ids, *end] if add_special_tokens else ids}

    def apply_chat_template(self, turns: Any, *, tokenize: bool, add_generation_prompt: bool = False) -> str:
        said = "".join(f"<{turn['role'][0]}>{turn['content']}<end>\n" for turn in turns)
        return said + "<a>" * add_generation_prompt


ONE = Example("Say", "x", "yes")
PROMPT = "Instruction: Say\nInput: x\nOutput:"


def text(ids: list[int]) -> str:
    return "".join(map(chr, ids))


def test_plain() -> None:
    found = encoded(Letters(), ONE, "plain")

    assert (text(found.ids[1 : found.prompt]), text(found.ids[found.prompt :])) == (PROMPT, " yes#")
    assert (found.ids[0], found.end) == (1, 1)


def test_a_tokenizer_that_ends_each_text_itself() -> None:
    assert encoded(Letters(ends=True), ONE, "plain") == encoded(Letters(), ONE, "plain")


def test_where_prompt_and_answer_grow_together_the_answer_has_the_token() -> None:
    """Else the model would be asked to begin behind a token that it never sees so."""
    found = encoded(Letters(joins=True), ONE, "plain")

    assert text(found.ids[found.prompt :]) == "\N{SNOWMAN}yes#"


def test_chat_ends_as_the_template_does() -> None:
    found = encoded(Letters(), ONE, "chat")

    assert text(found.ids[: found.prompt]) == "<u>Say\n\nx<end>\n<a>"
    assert text(found.ids[found.prompt :]) == "yes<end>"
    assert text(found.ids[-found.end :]) == "<end>"


def test_a_ready_prompt_is_taken_as_it_is() -> None:
    found = encoded(Letters(), Example("Q:", "", " yes#", ready=True), "chat")

    assert (text(found.ids[1 : found.prompt]), text(found.ids[found.prompt :])) == ("Q:", " yes#")


def test_what_does_not_fit_is_left_out_and_never_cut() -> None:
    examples = [ONE, Example("Say", "", "y" * 50), Example("Say", "", " \n")]
    longest = len(encoded(Letters(), ONE, "plain").ids)
    found = fitting(Letters(), examples, "plain", longest)

    assert (len(found.kept), found.too_long, found.blank, found.longest) == (1, 1, 1, longest)
    assert fitting(Letters(), examples, "plain", longest - 1).too_long == 2


@pytest.mark.parametrize(
    ("changes", "style", "expected"),
    [({"eos_token_id": None}, "plain", "no end token"), ({"chat_template": None}, "chat", "no chat template")],
)
def test_unfit_tokenizers(changes: dict[str, Any], style: Any, expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        fitting(Letters(**changes), [ONE], style, 100)
