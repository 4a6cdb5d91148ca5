"""The options of a call in each family's words, whole."""

from types import SimpleNamespace
from typing import Any

import pytest

from selfinstruct_chains.models import shapes

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"a": {"anyOf": [{"type": "string", "maxLength": 9}, {"type": "null"}]}},
}
BARE = {"type": "object", "properties": {"a": {"anyOf": [{"type": "string"}, {"type": "null"}]}}}
COMPACT = SCHEMA | {"x-guidance": {"whitespace_flexible": False}}
OBJECT = {"type": "json_object"}


def named(schema: Any) -> Any:
    return {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": schema}}


IN_BODY = {
    shapes.openai_schema: {"response_format": named(BARE)},
    shapes.guided_schema: {"response_format": named(COMPACT)},
    shapes.openai_json: {"response_format": OBJECT},
    shapes.llamacpp_completion: {"json_schema": COMPACT},
    shapes.vllm_completion: {"structured_outputs": {"json": COMPACT}},
}


@pytest.mark.parametrize("shape", IN_BODY)
@pytest.mark.parametrize("own", [None, {}, {"min_p": 0.1}])
def test_in_the_body(shape, own):
    """Keys of the body come beside the model's own, which a call's would replace."""
    assert shape(SimpleNamespace(extra_body=own), SCHEMA) == {"extra_body": (own or {}) | IN_BODY[shape]}


AS_KEYWORDS = {
    shapes.named_schema: {"response_format": named(BARE)},
    shapes.json_object: {"response_format": OBJECT},
    shapes.fireworks_schema: {"response_format": OBJECT | {"schema": BARE}},
    shapes.cohere_schema: {"response_format": OBJECT | {"json_schema": BARE}},
    shapes.perplexity_schema: {"response_format": {"type": "json_schema", "json_schema": {"schema": BARE}}},
    shapes.google_schema: {"response_mime_type": "application/json", "response_json_schema": BARE},
    shapes.google_json: {"response_mime_type": "application/json"},
    shapes.ollama_schema: {"format": SCHEMA},
    shapes.scripted_schema: {"json_schema": SCHEMA},
}


@pytest.mark.parametrize("shape", AS_KEYWORDS)
def test_as_keywords(shape):
    """Each class takes its own words, with a schema that it does not refuse."""
    assert shape(None, SCHEMA) == AS_KEYWORDS[shape]


def test_a_tool():
    """The schema is the parameters of one tool, which has to be called."""
    model = SimpleNamespace(bind_tools=lambda tools, **options: SimpleNamespace(kwargs={"tools": tools, **options}))
    about = {"title": "reply", "description": "Hands in the answer."}

    assert shapes.tool(model, SCHEMA) == {"tools": [about | BARE], "tool_choice": "reply"}
    described = shapes.tool(model, SCHEMA | {"description": "Of mine."})
    assert described["tools"] == [about | BARE | {"description": "Of mine."}]


@pytest.mark.parametrize(("top", "asked"), [(3, 3), (5, 5), (6, 5), (20, 5)])
def test_log_probabilities(top, asked):
    """No more alternatives are asked for than there are to be had."""
    assert shapes.chat_logprobs(5)(top) == {"logprobs": True, "top_logprobs": asked}
    assert shapes.counted_logprobs(5)(top) == {"logprobs": asked}
