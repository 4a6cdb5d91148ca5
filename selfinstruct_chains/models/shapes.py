"""How the classes of LangChain are told to hold a reply to JSON, and to report log-probabilities: a call's options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Model = Any  # a LangChain chat or completion model, of whichever integration
Shape = dict[str, Any]
NAME = "reply"
"""What the schema of a reply is called, where it needs a name."""


def unbounded(schema: Any) -> Any:
    """`schema` without the longest length of strings, which OpenAI and Google refuse or ignore."""
    if isinstance(schema, dict):
        return {key: unbounded(value) for key, value in schema.items() if key != "maxLength"}
    return [unbounded(value) for value in schema] if isinstance(schema, list) else schema


def compact(schema: Shape) -> Shape:
    """Without it llguidance (llama.cpp, vLLM) lets small models write blanks between tokens for ever."""
    return schema | {"x-guidance": {"whitespace_flexible": False}}


def named(schema: Shape) -> Shape:
    """OpenAI's `response_format`."""
    return {"type": "json_schema", "json_schema": {"name": NAME, "strict": True, "schema": schema}}


def in_body(model: Model, **keys: Any) -> Shape:
    """Keys of the request's body that the integration knows nothing of; a call's would replace the model's own."""
    return {"extra_body": {**(model.extra_body or {}), **keys}}


# Of the classes over the openai package: in the body, because its parser raises on a cut reply and loses the text.


def openai_schema(model: Model, schema: Shape) -> Shape:
    """Structured outputs of OpenAI's chat protocol."""
    return in_body(model, response_format=named(unbounded(schema)))


def guided_schema(model: Model, schema: Shape) -> Shape:
    """The same for servers with llguidance or xgrammar, which keep to the lengths."""
    return in_body(model, response_format=named(compact(schema)))


def openai_json(model: Model, schema: Shape) -> Shape:
    """JSON mode of OpenAI's chat protocol."""
    return in_body(model, response_format={"type": "json_object"})


def llamacpp_completion(model: Model, schema: Shape) -> Shape:
    """The own key of llama.cpp, which its completions take too."""
    return in_body(model, json_schema=compact(schema))


def vllm_completion(model: Model, schema: Shape) -> Shape:
    """The own key of vLLM, which its completions take too."""
    return in_body(model, structured_outputs={"json": compact(schema)})


# Of the classes that hand keywords on to a client of their own.


def named_schema(model: Model, schema: Shape) -> Shape:
    """`response_format` as a keyword."""
    return {"response_format": named(unbounded(schema))}


def json_object(model: Model, schema: Shape) -> Shape:
    """JSON mode as a keyword."""
    return {"response_format": {"type": "json_object"}}


def fireworks_schema(model: Model, schema: Shape) -> Shape:
    """As LangChain's class has it."""
    return {"response_format": {"type": "json_object", "schema": unbounded(schema)}}


def cohere_schema(model: Model, schema: Shape) -> Shape:
    """Of the second version of the API, which LangChain's class calls."""
    return {"response_format": {"type": "json_object", "json_schema": unbounded(schema)}}


def perplexity_schema(model: Model, schema: Shape) -> Shape:
    """As LangChain's class has it."""
    return {"response_format": {"type": "json_schema", "json_schema": {"schema": unbounded(schema)}}}


def anthropic_schema(model: Model, schema: Shape) -> Shape:
    """Without what the API refuses, such as maxItems."""
    from anthropic import transform_schema

    return {"output_config": {"format": {"type": "json_schema", "schema": transform_schema(schema)}}}


def google_schema(model: Model, schema: Shape) -> Shape:
    """Gemini's."""
    return {"response_mime_type": "application/json", "response_json_schema": unbounded(schema)}


def google_json(model: Model, schema: Shape) -> Shape:
    """Gemini's JSON mode."""
    return {"response_mime_type": "application/json"}


def ollama_schema(model: Model, schema: Shape) -> Shape:
    """Ollama's; enforced by a grammar."""
    return {"format": schema}


def scripted_schema(model: Model, schema: Shape) -> Shape:
    """For the models of `testing`."""
    return {"json_schema": schema}


def tool(model: Model, schema: Shape) -> Shape:
    """A tool whose parameters are the schema, and which has to be called: what LangChain's `bind_tools` makes of it."""
    about = {"title": NAME, "description": "Hands in the answer."} | unbounded(schema)
    bound: Shape = model.bind_tools([about], tool_choice=NAME).kwargs
    return bound


def chat_logprobs(most: int) -> Callable[[int], Shape]:
    """OpenAI's chat protocol, with at most `most` alternatives."""
    return lambda top: {"logprobs": True, "top_logprobs": min(top, most)}


def counted_logprobs(most: int) -> Callable[[int], Shape]:
    """The older completion protocol, with at most `most` alternatives."""
    return lambda top: {"logprobs": min(top, most)}


# What some classes need besides.

_OLLAMA_OPTIONS = (
    "mirostat mirostat_eta mirostat_tau num_ctx num_gpu num_thread num_predict repeat_last_n repeat_penalty temperature"
    " seed stop tfs_z top_k top_p"
)


def without_blank_stops(model: Model, options: Shape) -> Shape:
    """Anthropic refuses stop strings of blanks alone."""
    stop = [text for text in options.pop("stop", ()) if text.strip()]
    return options | ({"stop": stop} if stop else {})


def ollama_options(model: Model, options: Shape) -> Shape:
    """A call's sampling parameters go into `options`, which replaces the model's own as a whole."""
    names = _OLLAMA_OPTIONS.split()
    own = {name: value for name in names if (value := getattr(model, name, None)) is not None}
    call = {name: options.pop(name) for name in names if name in options}
    return options | ({"options": own | call | options.get("options", {})} if call else {})


def ollama_completion(model: Model, options: Shape) -> Shape:
    """`raw`: without it Ollama would put the prompt into the model's chat template."""
    return ollama_options(model, options) | {"raw": True}
