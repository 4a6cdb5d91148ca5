"""From a chain file's model section to a model, and what is wrong with it in one line."""

import asyncio
import subprocess
import sys

import pytest
from langchain_core.prompt_values import StringPromptValue

from selfinstruct_chains import load_config
from selfinstruct_chains.config import ModelConfig
from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.models.own import own_model
from selfinstruct_chains.models.registry import ConfiguredModel, check_model, endpoint, patiences
from selfinstruct_chains.models.replying import Replying
from selfinstruct_chains.testing import ScriptedChat

pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
PROMPT = StringPromptValue(text="Say hello.")


@pytest.mark.parametrize(
    ("values", "output", "decide", "said"),
    [
        ({"provider": "antropic"}, "text", "text", "no provider 'antropic' (did you mean 'anthropic'?); there are "),
        (
            {"provider": "olama", "kind": "completion"},
            "text",
            "text",
            "no provider 'olama' (did you mean 'ollama'?); there are ",
        ),
        ({"provider": "ibm", "api_key_env": "KEY"}, "text", "text", "pip install langchain-ibm"),
        (
            {"provider": "groq", "kind": "completion", "api_key_env": "KEY"},
            "text",
            "text",
            "provider 'groq' has no completion models: use model.kind: chat, or one of cerebras, fireworks, ",
        ),
        (
            {"provider": "openai"},
            "text",
            "text",
            "the key of openai: the environment variable OPENAI_API_KEY is not set",
        ),
        ({"provider": "google_genai"}, "text", "text", "variable GOOGLE_API_KEY or GEMINI_API_KEY is not set"),
        ({"api_key_env": "MINE"}, "text", "text", "the environment variable MINE is not set"),
        (
            {"headers_env": {"X-Team": "TEAM"}},
            "text",
            "text",
            "header 'X-Team': the environment variable TEAM is not set",
        ),
        ({"provider": "community", "name": "ChatOpenAl"}, "text", "text", "no chat model 'ChatOpenAl' of langchain-"),
        (
            {"api_key_env": "KEY", "extra": {"reasoning_efort": "low"}},
            "text",
            "text",
            "no such parameter from a chain file (did you mean 'reasoning_effort'?)",
        ),
        (
            {"provider": "anthropic", "api_key_env": "KEY", "presence_penalty": 1},
            "text",
            "text",
            "model.presence_penalty: ChatAnthropic has no such parameter; leave it out",
        ),
        ({"provider": "ollama", "presence_penalty": 1}, "text", "text", "ChatOllama has no such parameter"),
        ({"api_key_env": "KEY", "name": "gpt-6-luna", "temperature": 0.7}, "text", "text", "takes no temperature"),
        (
            {"api_key_env": "KEY", "name": "gpt-6-luna", "presence_penalty": 2},
            "text",
            "text",
            "takes no presence_penalty",
        ),
        (
            {"provider": "anthropic", "api_key_env": "KEY", "name": "claude-sonnet-5-5", "top_p": 0.5},
            "text",
            "text",
            "takes no top_p",
        ),
        ({"api_key_env": "KEY", "kind": "completion"}, "json_schema", "text", "use output: text"),
        ({"provider": "anthropic", "api_key_env": "KEY"}, "text", "logprob", "use decide: text"),
        ({"api_key_env": "KEY", "name": "gpt-6-luna"}, "text", "logprob", "is a reasoning model and has no log-prob"),
        ({"api_key_env": "KEY", "name": "gpt-4"}, "json_schema", "text", "openai: gpt-4 has no JSON schema"),
        (
            {"api_key_env": "KEY", "extra": {"top_logprobs": "many"}},
            "text",
            "text",
            "model.extra.top_logprobs: this is set by this program; use decide: logprob",
        ),
        (
            {"api_key_env": "KEY", "extra": {"logit_bias": "many"}},
            "text",
            "text",
            "provider 'openai': logit_bias: Input should be a valid dictionary",
        ),
    ],
)
def test_what_is_wrong(monkeypatch, values, output, decide, said):
    """Whatever can't work is said before anything is called, in one line with the way out."""
    monkeypatch.setenv("KEY", "dummy")
    config = ModelConfig(**{"provider": "openai", "kind": "chat", "name": "m", **values})

    with pytest.raises(ConfigError) as wrong:
        check_model(config, output, decide)

    assert said in str(wrong.value)
    assert "\n" not in str(wrong.value)
    assert "dummy" not in str(wrong.value)


@pytest.mark.parametrize(
    "values",
    [
        {"base_url": "http://127.0.0.1:9/v1"},
        {"base_url": "http://127.0.0.1:9/v1", "name": "gpt-6-luna", "temperature": 0.7},
        {"api_key_env": "KEY", "name": "gpt-4", "extra": {"profile": {"structured_output": True}}},
        {"api_key_env": "KEY", "name": "gpt-6-luna", "temperature": 1},
        {"provider": "community", "name": "FakeListChatModel", "extra": {"responses": ["a"]}},
    ],
)
@pytest.mark.filterwarnings("ignore:.*FakeListChatModel.*")
def test_what_is_right(monkeypatch, values):
    """A server of one's own may call its models anything and asks for no key; a profile can be put right."""
    monkeypatch.setenv("KEY", "dummy")
    output = "text" if values.get("provider") == "community" else "json_schema"

    check_model(ModelConfig(**{"provider": "openai", "kind": "chat", "name": "m", **values}), output)


def test_in_one_loop_after_another(server, model_at, provider, kind):
    """A model can be asked in several event loops, one after another: each has connections of its own."""
    model = model_at(server, provider, kind)

    async def once() -> str:
        try:
            return (await model.ainvoke(PROMPT)).text
        finally:
            await model.aclose()

    assert [asyncio.run(once()) for _ in range(2)] == ["Hello", "Hello"]


async def test_many_at_once_connect_once(server, model_at):
    """Calls that come together share one client."""
    model = model_at(server)
    replies = await asyncio.gather(*(model.ainvoke(PROMPT) for _ in range(20)))
    await model.aclose()

    assert {reply.text for reply in replies} == {"Hello"}


@pytest.mark.parametrize("client", [("openai", "chat"), ("openai", "completion"), ("anthropic", "chat")])
async def test_no_proxy_for_this_machine(server, model_at, monkeypatch, unused_tcp_port, client):
    """A proxy that the environment names is not asked for an address on this machine."""
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{unused_tcp_port}")
    model = model_at(server, *client)
    reply = await model.ainvoke(PROMPT)
    await model.aclose()

    assert reply.text == "Hello"


@pytest.mark.parametrize("client", [("openai", "chat"), ("anthropic", "chat"), ("google_genai", "chat")])
async def test_headers(server, model_at, monkeypatch, client):
    """Headers from the environment go along with every call."""
    monkeypatch.setenv("TEAM", "blue")
    model = model_at(server, *client, headers_env={"X-Team": "TEAM"})
    await model.ainvoke(PROMPT)
    await model.aclose()

    assert server.asked[-1].headers["X-Team"] == "blue"


def test_one_gate_for_an_endpoint():
    """Roles that ask the same model share its limits, and the lowest count; other models have their own."""
    config = load_config(
        "mixed", {"model.requests_per_minute": 50, "instances.input_first.model.requests_per_minute": 40}
    )
    roles = ("instructions", "classification", "input_first", "output_first")
    found = patiences({role: ConfiguredModel(config.model_for(role)) for role in roles}, config, 8)

    assert found["instructions"].gate is found["input_first"].gate is found["output_first"].gate
    assert found["classification"].gate is not found["instructions"].gate
    assert found["instructions"].what == "anthropic: claude-sonnet-5-5"


def test_gates_of_own_models():
    """Models that the caller gives share a gate when they are the same object, whatever is made of it."""
    one, other = ScriptedChat(reply=lambda p, s: ""), ScriptedChat(reply=lambda p, s: "")
    config = load_config("openai")
    found = patiences(
        {
            "instructions": own_model(one),
            "input_first": own_model(one.with_retry()),
            "output_first": own_model(other),
        },
        config,
        8,
    )

    assert found["instructions"].gate is found["input_first"].gate
    assert found["output_first"].gate is not found["input_first"].gate


def test_what_is_asked_tells_models_apart():
    """Two models of the caller's are two, and what is wrapped to answer as ours is the model inside."""
    one, other = ScriptedChat(reply=lambda p, s: ""), ScriptedChat(reply=lambda p, s: "")

    assert endpoint(Replying(one)) == endpoint(Replying(one)) == endpoint(one)
    assert endpoint(one) != endpoint(other)
    assert endpoint(Replying(one)) != endpoint(Replying(other))


def test_imports_no_provider():
    """Importing the registry imports no provider's package: they cost seconds, and most runs need one."""
    names = ["langchain_openai", "openai", "anthropic", "langchain", "google.genai", "ollama"]
    code = f"import sys, selfinstruct_chains.models.registry; print([n for n in {names} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
