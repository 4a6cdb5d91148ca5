"""The parsers as functions and as output parsers: what the corpus doesn't say."""

from __future__ import annotations

import asyncio
import math
import pickle
from typing import Any

import pytest
from langchain_core.exceptions import OutputParserException
from langchain_core.language_models import FakeListLLM, GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, Generation
from langchain_core.runnables import Runnable  # noqa: TC002 - what the test is about

from selfinstruct_chains.errors import ItemRefused, SelfInstructError
from selfinstruct_chains.method.parsers import ClassificationParser, InstancesParser, InstructionsParser
from selfinstruct_chains.method.parsing import (
    Parsed,
    TruncatedReply,
    UnreadableReply,
    log_odds,
    parse_classification,
    parse_instances,
    parse_instructions,
)
from selfinstruct_chains.tasks import Instance

PARSERS: list[tuple[Any, str, Any]] = [
    (InstructionsParser(), "1. Write a poem.\n2. Name a river.", Parsed(("Write a poem.", "Name a river."))),
    (
        InstructionsParser(continues=True),
        " Write a poem.\n10. Name a river.",
        Parsed(("Write a poem.", "Name a river.")),
    ),
    (ClassificationParser(), " Yes", True),
    (InstancesParser(form="input_first"), "Input: a\nOutput: b", Parsed((Instance(input="a", output="b"),))),
    (InstancesParser(form="output_first"), "Class label: b\nInput: a", Parsed((Instance(input="a", output="b"),))),
    (
        InstancesParser(form="output_first", output="json_schema"),
        '{"instances":[{"label":"b","input":"a"}]}',
        Parsed((Instance(input="a", output="b"),)),
    ),
]


def reply(text: str, finish_reason: str | None = "stop", **metadata: Any) -> AIMessage:
    """A model's reply in the one shape that role models give."""
    return AIMessage(text, response_metadata={"finish_reason": finish_reason, **metadata})


@pytest.mark.parametrize(("parser", "text", "expected"), PARSERS)
def test_every_way_to_a_parser_gives_the_same(parser: Any, text: str, expected: Any) -> None:
    """`read`, `parse`, `parse_result`, `invoke` and `ainvoke` agree, for messages and bare strings."""
    message = reply(text)
    assert parser.read(message) == expected
    assert parser.parse(text) == expected
    assert parser.parse_result([ChatGeneration(message=message)]) == expected
    assert parser.parse_result([Generation(text=text)]) == expected
    assert parser.invoke(message) == parser.invoke(text) == expected
    assert asyncio.run(parser.ainvoke(message)) == expected


@pytest.mark.parametrize(("parser", "text", "expected"), PARSERS)
def test_parsers_follow_chat_and_completion_models(parser: Any, text: str, expected: Any) -> None:
    """A parser stands behind `|` after any LangChain model."""
    chat: Runnable[Any, Any] = GenericFakeChatModel(messages=iter([reply(text)])) | parser
    completion: Runnable[Any, Any] = FakeListLLM(responses=[text]) | parser
    assert chat.invoke("prompt") == completion.invoke("prompt") == expected


@pytest.mark.parametrize(("parser", "text", "expected"), PARSERS)
def test_parsers_have_types(parser: Any, text: str, expected: Any) -> None:
    """Each parser names its output type and its kind, for graphs and schemas."""
    assert parser.OutputType in {Parsed[str], bool, Parsed[Instance]}
    assert parser.asdict()["_type"].startswith("selfinstruct_")


def test_content_blocks_without_the_thoughts() -> None:
    """Of a reply in blocks only the text is read, not the reasoning."""
    blocks: list[str | dict[Any, Any]] = [
        {"type": "reasoning", "reasoning": "1. They want a task."},
        {"type": "text", "text": "1. Write a poem."},
    ]
    assert InstructionsParser().read(AIMessage(blocks)).items == ("Write a poem.",)


@pytest.mark.parametrize(
    ("parser", "text"),
    [
        (InstructionsParser(), "1. Write a poem.\n2. Name a ri"),
        (InstancesParser(form="input_first"), "Input: a\nOutput: b\n\nInput: c\nOutput: d"),
        (InstancesParser(form="input_first", output="json_schema"), '[{"input":"a","output":"b"},{"inp'),
    ],
)
def test_length_stop_loses_the_last_item_alone(parser: Any, text: str) -> None:
    """With finish_reason "length" the whole items stay and the last is kept apart as cut."""
    parsed = parser.read(reply(text, "length"))
    assert len(parsed.items) == 1
    assert parsed.cut
    assert text.endswith(parsed.cut)


@pytest.mark.parametrize("finish_reason", ["stop", "end_turn", "COMPLETE", "eos_token", "tool_calls", None])
def test_good_ends_cut_nothing(finish_reason: str | None) -> None:
    """After a good end, by whatever provider's word, or where nothing is known of it, the last item is whole."""
    parsed = InstructionsParser().read(reply("1. Write a poem.\n2. Name a river", finish_reason))
    assert parsed == (("Write a poem.", "Name a river"), "")


@pytest.mark.parametrize("finish_reason", ["content_filter", "SAFETY", "model_length", "abort", "error", "unheard_of"])
def test_all_other_ends_cut_the_last_item(finish_reason: str) -> None:
    """After any other end the last item is unfinished and goes; what came before it stays, filtered or not."""
    parsed = InstructionsParser().read(reply("1. Write a poem.\n2. Name a river", finish_reason))
    assert parsed == (("Write a poem.",), "Name a river")


@pytest.mark.parametrize("reason", ["content_filter", "SAFETY", "guardrail_intervened", "refusal"])
@pytest.mark.parametrize("text", ["", "1. Write a po"])
def test_filtered_before_anything_was_whole(reason: str, text: str) -> None:
    """A reply that the filter ended before it held anything is refused, with the provider's word for it."""
    with pytest.raises(ItemRefused, match=rf"\({reason.lower()}\)") as refused:
        InstructionsParser().read(reply(text, reason))
    assert refused.value.reason == "content_filter"


def test_an_answer_before_the_filter_is_an_answer() -> None:
    """A yes that stands there is one, whatever the filter took off behind it."""
    assert ClassificationParser().read(reply("Yes. It has", "content_filter"))


@pytest.mark.parametrize(
    ("parser", "text"),
    [
        (InstructionsParser(continues=True), " Write a po"),
        (ClassificationParser(), "It"),
        (InstancesParser(form="input_first"), "Input: a\nOutput: b"),
        (InstancesParser(form="output_first", output="json_schema"), '{"instances":[{"label":"a'),
    ],
)
def test_nothing_whole_before_the_limit(parser: Any, text: str) -> None:
    """A reply cut before anything was whole raises TruncatedReply, which a fallback can tell from other faults."""
    with pytest.raises(TruncatedReply):
        parser.read(reply(text, "length"))


@pytest.mark.parametrize(
    "error",
    [lambda: parse_instructions(" \n"), lambda: parse_classification("?\n" * 99), lambda: log_odds({"Maybe": 0.0})],
)
def test_unreadable_reply(error: Any) -> None:
    """The error is ours and LangChain's, says what is missing in one line, and survives pickling."""
    with pytest.raises(UnreadableReply) as caught:
        error()
    assert isinstance(caught.value, OutputParserException)
    assert isinstance(caught.value, SelfInstructError)
    assert caught.value.exit_code == 5
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301


def test_unreadable_reply_keeps_the_reply() -> None:
    """`llm_output` is the whole reply as it came."""
    text = "Perhaps.\r\n" * 1000
    with pytest.raises(UnreadableReply) as caught:
        parse_classification(text)
    assert caught.value.llm_output == text


@pytest.mark.parametrize(
    ("candidates", "expected"),
    [
        ({" Yes": math.log(0.6), " No": math.log(0.3)}, math.log(2)),
        ({"Yes": math.log(0.2), " yes": math.log(0.2), "YES": math.log(0.2), "no": math.log(0.3)}, math.log(2)),
        ({"▁Yes": math.log(0.1), "ĠNo": math.log(0.4), "\n": math.log(0.2)}, math.log(0.25)),
        ({" Yes": math.log(0.9), " The": math.log(0.02)}, math.log(0.9 / 0.02)),
        ({" No": math.log(0.9)}, math.log(0.1 / 0.9)),
        ({" Yes": math.log(0.5), " No": -math.inf, " It": math.log(0.25)}, math.log(2)),
        ({" Yes": math.log(0.5), "Nobody": math.log(0.4), " it": math.log(0.01)}, math.log(50)),
    ],
)
def test_log_odds(candidates: dict[str, float], expected: float) -> None:
    """Ways to write a word add up; a missing side gets the bound that the candidates set on it."""
    assert log_odds(candidates) == pytest.approx(expected)


def test_certain_yes_is_finite() -> None:
    """A first token of probability 1 gives large but finite odds."""
    assert 20 < log_odds({"Yes": 0.0}) < 25


@pytest.mark.parametrize("candidates", [{}, {"Maybe": -0.1}, {"Yes": -math.inf}, {"Yes": math.nan}])
def test_log_odds_of_nothing(candidates: dict[str, float]) -> None:
    """Candidates with neither word raise UnreadableReply."""
    with pytest.raises(UnreadableReply):
        log_odds(candidates)


@pytest.mark.parametrize(("threshold", "expected"), [(-1.0, True), (0.69, True), (0.70, False)])
def test_threshold(threshold: float, expected: bool) -> None:
    """With `decide: logprob` a task is classification if the log-odds are above the threshold, whatever is written."""
    parser = ClassificationParser(decide="logprob", threshold=threshold)
    message = reply("No", first_token={" Yes": math.log(0.6), " No": math.log(0.3)})
    assert parser.read(message) is expected


@pytest.mark.parametrize("metadata", [{}, {"first_token": None}, {"first_token": {}}])
def test_no_log_probabilities(metadata: dict[str, Any]) -> None:
    """With `decide: logprob` a reply without log-probabilities is unreadable, not decided by its text."""
    with pytest.raises(UnreadableReply, match="no log-probabilities"):
        ClassificationParser(decide="logprob").read(reply("Yes", **metadata))


def test_an_item_whose_text_ended_is_not_cut() -> None:
    """When the limit falls behind an item's text, the item is whole."""
    for tail in ("\n\nLet me", "\nOutput: Dear", "\n\n"):
        assert parse_instructions("1. Write a letter." + tail, truncated=True) == (("Write a letter.",), "")


@pytest.mark.parametrize(
    ("parser", "text"),
    [
        (InstructionsParser(reply_characters=40), "1. Write a poem.\n2. Name a river in France.\n3. Name a city."),
        (
            InstancesParser(form="input_first", reply_characters=40),
            "Input: a\nOutput: b\n\nInput: c\nOutput: d" + " and so on" * 9,
        ),
        (
            InstancesParser(form="output_first", output="json_schema", reply_characters=40),
            '[{"label":"a","input":"b"}, {"label":"c"}, {"label":"d"}]',
        ),
    ],
)
def test_of_a_reply_that_is_too_long_the_whole_items_are_kept(parser: Any, text: str) -> None:
    """As of a cut one; what was cut says how many characters were read, and which setting bounds them."""
    parsed = parser.read(reply(text))

    assert len(parsed.items) == 1
    assert parsed.cut.endswith(f"[{len(text)} characters; 40 were read (run.reply_characters)]")


@pytest.mark.parametrize(
    ("parser", "text"),
    [
        (InstructionsParser(reply_characters=40), "1. Write a poem" + " and another" * 9),
        (ClassificationParser(reply_characters=40), "Let me think. " * 9 + "Yes"),
        (InstancesParser(form="input_first", reply_characters=40), "Input: a\nOutput: b" + " and so on" * 9),
    ],
)
def test_a_reply_that_is_too_long_for_anything_whole(parser: Any, text: str) -> None:
    """It is a truncated one, whose message and reply say why."""
    with pytest.raises(TruncatedReply, match=r"40 were read \(run.reply_characters\)") as caught:
        parser.read(reply(text))
    assert str(caught.value.llm_output).startswith(text[:40] + "\n[")


@pytest.mark.parametrize(
    "thoughts", ["<think>{}</think>", "{}</think>", "<|channel|>analysis<|message|>{}<|end|>{final}"]
)
def test_thoughts_do_not_count_for_the_bound(thoughts: str) -> None:
    """A model that thinks at length before a short answer is read whole."""
    thought = thoughts.format("Hm. " * 1_000, final="<|start|>assistant<|channel|>final<|message|>")
    assert InstructionsParser(reply_characters=40).read(reply(thought + "1. Name a river.")) == (("Name a river.",), "")
    assert ClassificationParser(reply_characters=40).read(reply(thought + "Yes")) is True


def test_thoughts_are_bounded_too() -> None:
    """A million characters behind the bound nothing is looked at any more, and the message says so."""
    thought = f"<think>{'Hm. ' * 300_000}</think>Yes"
    with pytest.raises(TruncatedReply, match=r"\[1,200,018 characters; 40 were read \(run.reply_characters\)\]"):
        ClassificationParser(reply_characters=40).read(reply(thought))


def test_a_reply_of_the_bound_is_read_whole() -> None:
    """Its last item too."""
    assert InstructionsParser(reply_characters=18).read(reply("1. Name a river.\n\n")).items == ("Name a river.",)
    assert InstructionsParser(reply_characters=16).read(reply("1. Name a river.")) == (("Name a river.",), "")


def test_many_instances_stay_in_order() -> None:
    """Fifty instances come out in the order in which they were written."""
    text = "\n\n".join(f"Example {n}\nInput: {n}\nOutput: {n * n}" for n in range(50))
    items = parse_instances(text, form="input_first", output="text").items
    assert [(item.input, item.output) for item in items] == [(str(n), str(n * n)) for n in range(50)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Example 1\nThe Elbe flows north.\nExample 2\nIt rains often.",
            ["", "The Elbe flows north.", "", "It rains often."],
        ),
        (
            "Example 1\nOutput: A haiku.\n\nExample 2\nInput: a frog\nOutput: Frogs leap.",
            ["", "A haiku.", "a frog", "Frogs leap."],
        ),
        (
            "Example 1\nInput: a frog\nOutput: Frogs leap.\n\nExample 2\nOutput: A haiku.",
            ["a frog", "Frogs leap.", "", "A haiku."],
        ),
    ],
)
def test_what_has_no_input_or_no_label_of_its_own(text: str, expected: list[str]) -> None:
    """Under "Example n" alone stands an output; an instance without input is one, wherever the others have some."""
    found = parse_instances(text, form="input_first", output="text").items
    assert [part for instance in found for part in (instance.input, instance.output)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[{"Input 1": "a", "Output 1": "b"}, {"Input 2": "c", "Output 2": "d"}]', [("a", "b"), ("c", "d")]),
        ('{"instances": [{"input 1": "a", "input 2": "q", "output": "b"}]}', [("Input 1: a\nInput 2: q", "b")]),
        ('{"inputs": ["a", "c"], "outputs": ["b", "d"]}', [("a", "b"), ("c", "d")]),
        ('{"instances": [{"review": "a", "expected_output": "b"}]}', [("a", "b")]),
    ],
)
@pytest.mark.parametrize("form", ["input_first", "output_first"])
def test_numbered_and_other_keys(form: Any, text: str, expected: list[tuple[str, str]]) -> None:
    """Keys of a model's own are read; two inputs of one instance stay two, by name."""
    found = parse_instances(text, form=form, output="json_schema").items
    assert [(instance.input, instance.output) for instance in found] == expected
