"""Each shipped chain, with its provider's real client: the request that it sends."""

from collections.abc import Iterator

import pytest
from langchain_core.messages import HumanMessage
from langchain_core.prompt_values import ChatPromptValue, StringPromptValue

from selfinstruct_chains import load_config
from selfinstruct_chains.config import ROLES
from selfinstruct_chains.files import shipped
from selfinstruct_chains.method.filters import drop_instruction, keep_instances
from selfinstruct_chains.models.registry import ConfiguredModel, check_model
from selfinstruct_chains.run.show import show_prompt
from selfinstruct_chains.tasks import Instance
from selfinstruct_chains.testing.server import ScriptedServer

pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")

CHAINS = sorted(set(shipped.names(shipped.CHAINS)) - {"embedded"})
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}
TEXTS = {"messages", "prompt", "contents", "systemInstruction"}
# At an address that is not OpenAI's, as here, the limit has the name that all servers know: max_tokens.
OPENAI = {"model": "gpt-6-luna", "reasoning_effort": "none", "stream": False, "seed": 7}
NAMED = {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": SCHEMA}}
COMPACT = SCHEMA | {"x-guidance": {"whitespace_flexible": False}}
GUIDED = {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": COMPACT}}
CLAUDE = {"max_tokens": 4096, "output_config": {"effort": "low"}}
PAPER = {"model": "meta-llama/Llama-3.1-8B", "seed": 7}
VLLM = {
    "model": "Qwen/Qwen3.5-9B",
    "chat_template_kwargs": {"enable_thinking": False},
    "stream": False,
    "seed": 7,
}
OLLAMA = {"model": "gemma4:e4b", "stream": True, "think": False, "tools": []}

SENT = {
    ("openai", "instructions"): {**OPENAI, "max_tokens": 1024},
    ("openai", "classification"): {**OPENAI, "max_tokens": 16},
    ("openai", "input_first"): {**OPENAI, "max_tokens": 1500, "response_format": NAMED},
    ("anthropic", "instructions"): {"model": "claude-haiku-5-5", **CLAUDE},
    ("anthropic", "classification"): {"model": "claude-haiku-5-5", **CLAUDE, "max_tokens": 1024},
    ("anthropic", "output_first"): {"model": "claude-haiku-5-5", **CLAUDE},
    ("mixed", "instructions"): {"model": "claude-sonnet-5-5", **CLAUDE},
    ("mixed", "classification"): {**OPENAI, "max_tokens": 16},
    ("mixed", "input_first"): {
        "model": "claude-sonnet-5-5",
        "max_tokens": 4096,
        "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": SCHEMA}},
    },
    ("paper", "instructions"): {
        **PAPER,
        "temperature": 0.7,
        "top_p": 0.5,
        "presence_penalty": 2,
        "max_tokens": 1024,
    },
    ("paper", "classification"): {**PAPER, "temperature": 0, "max_tokens": 3},
    ("paper", "input_first"): {**PAPER, "temperature": 0, "presence_penalty": 1.5, "max_tokens": 350},
    ("paper", "output_first"): {**PAPER, "temperature": 0, "presence_penalty": 1.5, "max_tokens": 300},
    ("vllm", "instructions"): {
        **VLLM,
        "temperature": 1,
        "top_p": 0.95,
        "presence_penalty": 1,
        "max_tokens": 1024,
    },
    ("vllm", "classification"): {**VLLM, "temperature": 0, "max_tokens": 32, "response_format": GUIDED},
    ("ollama", "instructions"): {
        **OLLAMA,
        "options": {"num_ctx": 8192, "num_predict": 1024, "temperature": 1, "top_p": 0.95, "seed": 7},
    },
    ("ollama", "classification"): {
        **OLLAMA,
        "format": SCHEMA,
        "options": {"num_ctx": 8192, "num_predict": 32, "temperature": 0, "seed": 7},
    },
    ("google", "instructions"): {
        "safetySettings": [],
        "generationConfig": {
            "maxOutputTokens": 2048,
            "seed": 7,
            "thinkingConfig": {"thinking_level": "MINIMAL"},
        },
    },
    ("google", "input_first"): {
        "safetySettings": [],
        "generationConfig": {
            "maxOutputTokens": 2048,
            "responseMimeType": "application/json",
            "responseJsonSchema": SCHEMA,
            "seed": 7,
            "thinkingConfig": {"thinking_level": "MINIMAL"},
        },
    },
}
"""By chain and role, everything in the body of a request but its texts."""


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.setenv(name, "dummy")


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A server that answers "Yes"."""
    with ScriptedServer(lambda prompt, seed: "Yes") as server:
        yield server


@pytest.mark.parametrize("chain", CHAINS)
def test_asks_nothing_a_model_lacks(chain):
    """Every role's model takes the parameters it is given, and has the form of output that is asked of it."""
    config = load_config(chain)

    for name in ROLES:
        role = config.role(name)
        check_model(role.model, role.output, getattr(role, "decide", "text"))


def test_every_chain_is_compared():
    """There is no chain whose request is not written down here."""
    assert {chain for chain, _ in SENT} == set(CHAINS)


@pytest.mark.parametrize(("chain", "role"), SENT)
async def test_request(server, chain, role):
    """A role's request holds its parameters under the provider's names, the seed where it takes one, and no others."""
    section = load_config(chain).role(role)
    own = section.model.provider in {"openai", "vllm"}
    model = ConfiguredModel(section.model.model_copy(update={"base_url": server.base_url if own else server.url}))
    prompt = (
        StringPromptValue(text="Hi") if model.kind == "completion" else ChatPromptValue(messages=[HumanMessage("Hi")])
    )
    schema = SCHEMA if section.output == "auto" else None

    reply = await model.ainvoke(prompt, seed=7, json_schema=schema)
    await model.aclose()

    body = {key: value for key, value in server.asked[-1].body.items() if key not in TEXTS}
    assert body == SENT[chain, role]
    assert (reply.text, reply.response_metadata["finish_reason"]) == ("Yes", "stop")
    assert reply.usage_metadata == {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}


PAPERS = load_config("paper").filters


@pytest.mark.parametrize(
    ("instruction", "rule"),
    [
        ("Explain how the map function and the filter function differ.", "keyword"),
        ("Tell me what a knowledge Graph is good for.", "keyword"),
        ("Describe where tourists in Rome should GO TO first.", "keyword"),
        ("Suggest three plots for a crime novel set at sea.", None),
        ("Design and paint a floor plan of a small house.", None),
        ("Please provide a recipe for apple pie.", None),
        ("I cannot provide that, so explain why not.", None),
        ("Write a program that sorts a list of names.", "write_a_program"),
        ("Name three rivers.", "too_short"),
        ("* List the days of the week.", "punctuation"),
    ],
)
def test_the_papers_chain_drops_by_the_papers_lists_alone(instruction, rule):
    """A listed word drops wherever it stands; what only our own rules know stays."""
    assert drop_instruction(instruction, PAPERS, frozenset({"LATIN"})) == rule


def test_the_papers_chain_keeps_near_echoes_and_refusals():
    """Of outputs it drops what is empty, equals its input, or ends in a colon."""
    made = {
        "The cat sat on the mat quietly today, as it does every day of the week.": None,
        "As an AI language model, I cannot help.": None,
        "The cat sat on the mat quietly today, as it does every day of a week.": "echo",
        "The cats are:": "colon",
    }
    given = "The cat sat on the mat quietly today, as it does every day of a week."
    instances = [Instance(input=given, output=output) for output in made]
    for instance, rule in zip(instances, made.values(), strict=True):
        kept, dropped = keep_instances([instance], PAPERS, is_classification=False, max_instances=5)
        assert [each.rule for each in dropped] == ([rule] if rule else [])
        assert len(kept) == (rule is None)


def test_the_papers_stop_after_five_examples():
    """Five instances are kept, so a sixth "Example" ends the reply, as with the paper; it follows `max_instances`."""
    for most in (5, 2):
        config = load_config("paper", {"instances.max_instances": most})
        shown = show_prompt(config, "input_first").about
        assert f"ends at '\\nExample {most + 1}'" in shown
