"""What others met with other tools, and what was found of replies here (R): each a kind, read right or asked again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import AIMessage

from selfinstruct_chains.files.languages import load_languages
from selfinstruct_chains.method.lexicon import lexicon
from selfinstruct_chains.method.parsers import ClassificationParser, InstancesParser, InstructionsParser
from selfinstruct_chains.method.parsing import UnreadableReply
from selfinstruct_chains.tasks import Instance

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

WORDS = lexicon((), load_languages())
"""As a run has them: replies are read in all languages."""
PARSERS: dict[str, Runnable[AIMessage, Any]] = {
    "instructions": InstructionsParser(),
    "classification": ClassificationParser(lexicon=WORDS),
    "input_first": InstancesParser(form="input_first", output="text", lexicon=WORDS),
    "output_first": InstancesParser(form="output_first", output="text", lexicon=WORDS),
    "input_first as JSON": InstancesParser(form="input_first", output="json_schema", lexicon=WORDS),
}
CASES = [json.loads(line) for line in Path(__file__).with_name("replies.jsonl").read_text("utf-8").splitlines()]
"""Each with what it is a case `of`, the `role` that gets the `reply`, and what is `expected`: for instances pairs of
input and output; "unreadable" where it is to be asked again."""


@pytest.mark.parametrize("case", CASES, ids=[f"{case['of']}: {case['reply'][:30]!r}" for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    """Read as it was meant, or not at all; nothing of a label, a token or a thought gets into the data."""
    parser, reply = PARSERS[case["role"]], AIMessage(case["reply"])
    if case["expected"] == "unreadable":
        with pytest.raises(UnreadableReply):
            parser.invoke(reply)
        return
    found = parser.invoke(reply)
    if case["role"] != "classification":
        found = [[item.input, item.output] if isinstance(item, Instance) else item for item in found.items]
    assert found == case["expected"]
