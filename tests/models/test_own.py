"""What users bring as a model: anything that LangChain makes of one, from any mixture of event loops."""

import asyncio
import json
import pickle
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from langchain_anthropic import ChatAnthropic
from langchain_core.language_models import LLM, BaseChatModel, FakeListChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.prompt_values import StringPromptValue
from langchain_core.runnables import ConfigurableField, Runnable, RunnableBranch, RunnableLambda
from langchain_google_genai import ChatGoogleGenerativeAI
from langchain_ollama import ChatOllama
from langchain_openai import ChatOpenAI, OpenAI
from langgraph.graph import END, START, MessagesState, StateGraph
from pydantic import BaseModel

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.models import loops
from selfinstruct_chains.models.faults import NoReply
from selfinstruct_chains.models.own import own_model
from selfinstruct_chains.models.sides import _has_async_side
from selfinstruct_chains.testing import Reply, ScriptedChat, ScriptedCompletion
from selfinstruct_chains.testing.server import ScriptedServer, at_first
from tests.leftovers import forget_clients

pytestmark = [
    # A user's own clients are left behind by the loops they were used on, as they would be without us.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning"),
]
PROMPT = StringPromptValue(text="Say hello.")
SCHEMA = {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]}


class Word(BaseModel):
    """A word."""

    word: str


def chat(server: ScriptedServer, **values: Any) -> ChatOpenAI:
    return ChatOpenAI(**{"base_url": server.base_url, "api_key": "k", "model": "m", "max_retries": 0, **values})


def llm(server: ScriptedServer, **values: Any) -> OpenAI:
    return OpenAI(**{"base_url": server.base_url, "api_key": "k", "model": "m", "max_retries": 0, **values})


def ollama(server: ScriptedServer, **values: Any) -> ChatOllama:
    return ChatOllama(**{"base_url": server.url, "model": "m", **values})


def anthropic(server: ScriptedServer, **values: Any) -> ChatAnthropic:
    return ChatAnthropic(**{"base_url": server.url, "api_key": "k", "model": "m", "max_retries": 0, **values})


def google(server: ScriptedServer, **values: Any) -> ChatGoogleGenerativeAI:
    return ChatGoogleGenerativeAI(**{"base_url": server.url, "api_key": "k", "model": "m", **values})


class Mine(BaseChatModel):
    """A model with a synchronous side alone."""

    @property
    def _llm_type(self) -> str:
        return "mine"

    def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage("Hello"))])


class OnlyAsync(Mine):
    """A model with an asynchronous side alone, which belongs to the first loop that uses it."""

    lock: Any = None

    def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> ChatResult:
        raise NotImplementedError

    async def _agenerate(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> ChatResult:
        await asyncio.sleep(0.001)
        return ChatResult(generations=[ChatGeneration(message=AIMessage("Hello"))])


CLIENTS: dict[str, Callable[[ScriptedServer], Any]] = {
    "ChatOpenAI": chat,
    "OpenAI": llm,
    "ChatOllama": ollama,
    "ChatAnthropic": anthropic,
    "ChatGoogleGenerativeAI": google,
    "own": lambda server: Mine(),
    "only async": lambda server: OnlyAsync(),
    "scripted": lambda server: ScriptedChat(reply=lambda prompt, seed: "Hello"),
    "retrying": lambda server: chat(server).with_retry(),
    "followed": lambda server: llm(server) | RunnableLambda(str.strip),
    "function": lambda server: RunnableLambda(lambda prompt: "Hello"),
}


# Mixtures: from a way to make the model to all the texts that came.
async def _ask(model: Any) -> str:
    return (await own_model(model).ainvoke(PROMPT)).text


async def _directly(model: Any) -> str:
    reply = await model.ainvoke(PROMPT)
    return reply if isinstance(reply, str) else reply.text


def _now(model: Any) -> str:
    return own_model(model).invoke(PROMPT).text


def twice(make: Callable[[], Any]) -> list[str]:
    model = own_model(make())
    return [model.invoke(PROMPT).text, model.invoke(PROMPT).text]


def a_new_one_each_time(make: Callable[[], Any]) -> list[str]:
    return [_now(make()), _now(make())]


def in_threads(make: Callable[[], Any]) -> list[str]:
    model = own_model(make())
    with ThreadPoolExecutor(4) as threads:
        return list(threads.map(lambda _: model.invoke(PROMPT).text, range(8)))


def in_a_web_app(make: Callable[[], Any]) -> list[str]:
    """An endpoint that is a plain function runs in a thread, one that is a coroutine on the app's loop."""
    model = own_model(make())

    async def app() -> list[str]:
        return [
            await asyncio.to_thread(_now, model),
            await _ask(model),
            *await asyncio.gather(_ask(model), asyncio.to_thread(_now, model)),
        ]

    return asyncio.run(app())


def in_a_graph(make: Callable[[], Any]) -> list[str]:
    model = own_model(make())
    graph = StateGraph(MessagesState)
    graph.add_node("ask", lambda state: {"messages": [model.invoke(PROMPT)]})
    graph.add_edge(START, "ask")
    graph.add_edge("ask", END)
    app = graph.compile()
    replies = [app.invoke({"messages": []}), asyncio.run(app.ainvoke({"messages": []})), app.invoke({"messages": []})]
    return [reply["messages"][-1].text for reply in replies]


def in_a_notebook(make: Callable[[], Any]) -> list[str]:
    """Its user asks the model directly too: that works as if we had never been there."""
    model = make()

    async def cells() -> list[str]:
        return [_now(model), await _ask(model), await _directly(model), _now(model), await _ask(model)]

    return asyncio.run(cells())


def after_the_apps_own_use(make: Callable[[], Any]) -> list[str]:
    model = make()
    return [asyncio.run(_directly(model)), _now(model), asyncio.run(_ask(model)), _now(make())]


def one_loop_after_another(make: Callable[[], Any]) -> list[str]:
    model = make()
    return [asyncio.run(_ask(model)), asyncio.run(_ask(model)), asyncio.run(_ask(make()))]


MIXTURES = [
    twice,
    a_new_one_each_time,
    in_threads,
    in_a_web_app,
    in_a_graph,
    in_a_notebook,
    after_the_apps_own_use,
    one_loop_after_another,
]


@pytest.fixture(autouse=True, scope="module")
def _nothing_left_behind() -> Iterator[None]:
    """The integrations' own caches hold clients of loops that are gone; none of them may end in another's test."""
    yield
    forget_clients()


@pytest.mark.parametrize("mixture", MIXTURES)
@pytest.mark.parametrize("client", CLIENTS)
def test_any_mixture(server, client, mixture):
    """Synchronous and asynchronous calls mix in any way, whatever the client, and whatever it was used for before."""
    replies = mixture(lambda: CLIENTS[client](server))

    assert len(replies) >= 2
    assert set(replies) == {"Hello"}


@pytest.mark.parametrize("client", ["ChatOpenAI", "OpenAI", "ChatOllama", "ChatAnthropic"])
def test_no_call_is_lost(server, client):
    """On a second loop the client is left alone at once, also where a new model shares it: trying it costs a reply."""
    one_loop_after_another(lambda: CLIENTS[client](server))

    assert server.counts.requests == 3


class SlowChat(Mine):
    """A model that waits for others to be asked too."""

    meeting: Any

    def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> ChatResult:
        self.meeting.wait()
        return super()._generate(messages)


class SlowLLM(LLM):
    """The same, of the other family."""

    meeting: Any

    @property
    def _llm_type(self) -> str:
        return "slow"

    def _call(self, prompt: str, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> str:
        self.meeting.wait()
        return "Hello"


def _slow_function(meeting: threading.Barrier) -> Runnable:
    return RunnableLambda(lambda prompt: "Hello" if meeting.wait() >= 0 else "")


@pytest.mark.parametrize("make", [SlowChat, SlowLLM, _slow_function])
async def test_many_at_once(make):
    """Models without an asynchronous side are asked by as many threads as there are calls, on any loop."""
    model = own_model(make(meeting=threading.Barrier(64, timeout=20)))
    replies = await asyncio.gather(*(model.ainvoke(PROMPT) for _ in range(64)))

    assert {reply.text for reply in replies} == {"Hello"}


# Wrappers: what LangChain makes of a model, around ChatOpenAI.
def _alternatives(model: Runnable, other: Runnable) -> Runnable:
    return model.configurable_alternatives(ConfigurableField(id="which"), default_key="one", two=other)


WRAPPERS: dict[str, Callable[[Any], Runnable]] = {
    "bare": lambda model: model,
    "with_retry": lambda model: model.with_retry(wait_exponential_jitter=False),
    "with_fallbacks": lambda model: model.with_fallbacks([ScriptedChat(reply=lambda prompt, seed: "Spare")]),
    "with_config": lambda model: model.with_config(tags=["mine"]),
    "with_listeners": lambda model: model.with_listeners(on_start=lambda run: None),
    "bind": lambda model: model.bind(temperature=0.5),
    "bind_tools": lambda model: model.bind_tools([Word]),
    "configurable_fields": lambda model: model.configurable_fields(temperature=ConfigurableField(id="heat")),
    "configurable_alternatives": lambda model: _alternatives(model, ScriptedChat(reply=lambda prompt, seed: "Other")),
    "alternatives made later": lambda model: _alternatives(
        ScriptedChat(reply=lambda prompt, seed: "Other"), lambda: model
    ).with_config(configurable={"which": "two"}),
    "text": lambda model: model | StrOutputParser(),
    "stripped": lambda model: model | StrOutputParser() | str.strip,
    "before it": lambda model: RunnableLambda(lambda prompt: [*prompt.to_messages(), HumanMessage("Now.")]) | model,
    "branch": lambda model: RunnableBranch((lambda prompt: False, ScriptedChat(reply=lambda p, s: "Other")), model),
    "all of them": lambda model: (
        (model.bind(temperature=0.5) | StrOutputParser()).with_retry().with_fallbacks([RunnableLambda(str)])
    ).with_config(tags=["mine"]),
}


@pytest.mark.parametrize("wrapper", WRAPPERS)
async def test_wrappers(server, wrapper):
    """Whatever LangChain makes of a model is that model: its options arrive, and reason, tokens and name come back."""
    model = own_model(WRAPPERS[wrapper](chat(server, max_tokens=4000)))
    reply = await model.ainvoke(PROMPT, stop=["###"], seed=7)
    first = server.asked[-1].body
    await model.ainvoke(PROMPT, larger=2)

    assert (reply.content, reply.response_metadata["finish_reason"]) == ("Hello", "stop")
    assert reply.response_metadata["model_name"] == "m"
    assert reply.usage_metadata == {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
    assert (first["stop"], first["seed"], first["max_completion_tokens"]) == (["###"], 7, 4000)
    assert server.asked[-1].body["max_completion_tokens"] == 8000
    assert "stop" not in server.asked[-1].body


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_kind(server, wrapper):
    """A BaseLLM is a completion model, all else chat, through every wrapper."""
    assert own_model(WRAPPERS[wrapper](chat(server))).kind == "chat"
    if wrapper not in {"bind_tools", "alternatives made later", "branch"}:
        assert own_model(WRAPPERS[wrapper](llm(server))).kind == "completion"


STRUCTURED: dict[str, Callable[[Any], Runnable]] = {
    "json_schema": lambda model: model.with_structured_output(Word, method="function_calling"),
    "include_raw": lambda model: model.with_structured_output(Word, method="function_calling", include_raw=True),
    "a tool's call": lambda model: model.bind_tools([Word], tool_choice="Word"),
    "a dict": lambda model: model | RunnableLambda(lambda message: message.tool_calls[0]["args"]),
    "an object": lambda model: model | RunnableLambda(lambda message: Word(**message.tool_calls[0]["args"])),
    "from a function": lambda model: RunnableLambda(lambda prompt: Word(word="Hé")),
}


class Calling(Mine):
    """A model that calls the tool it is given."""

    def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> ChatResult:
        call = {"name": "Word", "args": {"word": "Hé"}, "id": "1"}
        return ChatResult(generations=[ChatGeneration(message=AIMessage("", tool_calls=[call]))])

    def bind_tools(self, tools: Any, **kwargs: Any) -> Runnable:
        return self.bind(tools=tools)


@pytest.mark.parametrize("shape", STRUCTURED)
async def test_structures(shape):
    """A structured value is its JSON, whichever way it comes."""
    structured = own_model(
        STRUCTURED[shape](Calling()) if shape != "json_schema" else Calling().with_structured_output(Word)
    )
    reply = (
        await structured.ainvoke(PROMPT, json_schema=SCHEMA)
        if structured.has_schema
        else await structured.ainvoke(PROMPT)
    )

    assert json.loads(reply.text) == {"word": "Hé"}
    assert "é" in reply.text


def test_schemas_of_their_own():
    """A model with a structured output can be held to a schema by itself; one with tools alone can't."""
    assert own_model(Calling().with_structured_output(Word)).has_schema
    assert not own_model(Calling().bind_tools([Word])).has_schema


async def test_a_structure_that_is_none(server):
    """A reply that the user's parser can't read is a poor reply, with its text, not a failed call."""
    model = own_model(chat(server) | RunnableLambda(lambda message: json.loads(message.text)))
    parsed = own_model(chat(server).with_structured_output(Word, method="json_mode"))
    raw = own_model(chat(server).with_structured_output(Word, method="json_mode", include_raw=True))

    assert (await parsed.ainvoke(PROMPT)).text == "Hello"
    assert (await raw.ainvoke(PROMPT)).text == "Hello"
    with pytest.raises(json.JSONDecodeError):  # a bug in the user's function stays one
        await model.ainvoke(PROMPT)


def _openai_limit(body: dict) -> Any:
    return body.get("max_completion_tokens")


def _ollama_limit(body: dict) -> Any:
    return body["options"]["num_predict"]


LIMITS = {
    "own": (lambda server: chat(server, max_tokens=100), _openai_limit, 200),
    "bound": (lambda server: chat(server).bind(max_tokens=100), _openai_limit, 200),
    "bound over own": (lambda server: chat(server, max_tokens=10).bind(max_tokens=100), _openai_limit, 200),
    "none": (chat, _openai_limit, None),
    "completion": (lambda server: llm(server, max_tokens=100), lambda body: body["max_tokens"], 200),
    "ollama": (lambda server: ollama(server, num_predict=100), _ollama_limit, 200),
    "bound ollama": (lambda server: ollama(server).bind(num_predict=100), _ollama_limit, 200),
    "endless": (lambda server: ollama(server, num_predict=-1), _ollama_limit, -1),
    "anthropic": (lambda server: anthropic(server, max_tokens=100), lambda body: body["max_tokens"], 200),
    "google": (
        lambda server: google(server, max_output_tokens=100),
        lambda body: body["generationConfig"]["maxOutputTokens"],
        200,
    ),
}


@pytest.mark.parametrize(("make", "sent", "limit"), LIMITS.values(), ids=LIMITS)
async def test_larger(server, make, sent, limit):
    """A second attempt has twice the room that the user gave the model, under the provider's name, or no limit."""
    role = own_model(make(server))
    await role.ainvoke(PROMPT, larger=1)
    first = sent(server.asked[-1].body)
    await role.ainvoke(PROMPT, larger=2)

    assert sent(server.asked[-1].body) == limit
    assert first == (100 if limit == 200 else limit)


async def test_configured_models_too(server, model_at):
    """The room of a configured model's second attempt is measured by the chain file's limit."""
    model = model_at(server, "ollama", max_tokens=100)
    await model.ainvoke(PROMPT, larger=2)
    await model.aclose()

    assert server.asked[-1].body["options"]["num_predict"] == 200


async def test_what_is_bound_wins(server):
    """What the user has bound goes before what the chain asks for, and beside it where both have keys."""
    model = own_model(chat(server).bind(stop=["mine"], extra_body={"min_p": 0.1}))
    await model.ainvoke(PROMPT, stop=["ours"], json_schema=SCHEMA)
    body = server.asked[-1].body
    shaped = own_model(chat(server).bind(response_format={"type": "json_object"}) | StrOutputParser())
    await shaped.ainvoke(PROMPT, json_schema=SCHEMA)

    assert (body["stop"], body["min_p"], body["response_format"]["type"]) == (["mine"], 0.1, "json_schema")
    assert server.asked[-1].body["response_format"] == {"type": "json_object"}


async def test_each_family_its_own_names(server):
    """A fallback of another provider is asked in that provider's words."""
    server.faults = lambda asked: "503" if asked.path.startswith("/v1") else None
    model = own_model(chat(server, max_tokens=50).with_fallbacks([ollama(server, num_predict=100)]))
    reply = await model.ainvoke(PROMPT, larger=2, json_schema=SCHEMA, stop=["###"], seed=7)
    first, second = (asked.body for asked in server.asked)

    assert first["max_completion_tokens"] == 100
    assert (second["options"], second["format"]) == ({"num_predict": 200, "stop": ["###"], "seed": 7}, SCHEMA)
    assert reply.text == "Hello"


async def test_retries_of_the_users_own(server):
    """A model's own retry hears of an empty envelope, and asks again."""
    server.faults = at_first("503", "503")
    model = own_model(chat(server).with_retry(stop_after_attempt=3, wait_exponential_jitter=False))

    assert (await model.ainvoke(PROMPT)).text == "Hello"
    assert server.counts.requests == 3


async def test_one_model_after_another(server):
    """Of models in a row the last one is asked by the chain's options, and the tokens of all count."""
    model = own_model(chat(server) | StrOutputParser() | llm(server))
    reply = await model.ainvoke(PROMPT, stop=["###"])
    first, second = (asked.body for asked in server.asked)

    assert ("stop" in first, second["stop"]) == (False, ["###"])
    assert reply.usage_metadata["total_tokens"] == 30
    assert model.kind == "chat"


async def test_what_a_function_gives():
    """A function's text or message is the reply; what can be none is refused in one line."""
    plain = await own_model(RunnableLambda(lambda prompt: prompt.to_string() + "\ud83d")).ainvoke(PROMPT)
    said = AIMessage("Hi", response_metadata={"stop_reason": "max_tokens"})
    message = await own_model(RunnableLambda(lambda prompt: said)).ainvoke(PROMPT, stop=["x"])

    assert (plain.text, plain.response_metadata) == ("Say hello.\ufffd", {"finish_reason": None, "model_name": None})
    assert message.response_metadata["finish_reason"] == "length"
    for wrong in (None, 5, object()):
        with pytest.raises(ConfigError, match="a model gives a message, text, or a structured value"):
            await own_model(RunnableLambda(lambda prompt, wrong=wrong: wrong)).ainvoke(PROMPT)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "not None"),
        ("gpt", "not 'gpt': give a chat model"),
        (5, "not 5"),
        ({"model": "m"}, "not a dict"),
        (lambda prompt: "", "not a function: wrap it in RunnableLambda"),
        (ChatOpenAI, "wrap it in RunnableLambda"),
    ],
)
def test_what_is_no_model(given, said):
    """Anything but a Runnable is refused in one line that says what to give."""
    with pytest.raises(ConfigError) as refused:
        own_model(given)

    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("make", "schema", "logprobs"),
    [
        (chat, True, True),
        (lambda server: chat(server, use_responses_api=True), False, False),
        (llm, False, True),
        (anthropic, True, False),
        (lambda server: chat(server).with_fallbacks([anthropic(server)]), True, False),
        (lambda server: chat(server).with_fallbacks([llm(server)]), False, True),
        (lambda server: chat(server).with_retry().with_config(tags=["a"]), True, True),
        (lambda server: llm(server) | StrOutputParser() | chat(server), True, True),
        (lambda server: Mine(), False, False),
        (lambda server: RunnableLambda(str), False, False),
    ],
)
def test_what_is_to_be_had(server, make, schema, logprobs):
    """A schema and log-probabilities are to be had where all models that answer have them."""
    model = own_model(make(server))

    assert (model.has_schema, model.has_logprobs) == (schema, logprobs)


async def test_log_probabilities_through_a_parser(server):
    """The first token's alternatives come along when text is made of the reply."""
    server.answer = lambda prompt, seed: " Yes"
    reply = await own_model(llm(server) | str.strip).ainvoke(PROMPT, top_logprobs=5)

    assert (reply.text, set(reply.response_metadata["first_token"])) == ("Yes", {" Yes", " No"})


async def test_nothing_at_all():
    """An empty envelope is no reply, in a composition too."""
    model = own_model(FakeListChatModel(responses=[""]) | StrOutputParser())
    with pytest.raises(NoReply):
        await model.ainvoke(PROMPT)


async def test_calls_at_once_keep_apart(server):
    """Each call's options and reply are its own, however many run at a time."""
    server.answer = lambda prompt, seed: Reply(f"{seed}", output_tokens=seed)
    model = own_model(chat(server) | StrOutputParser())
    replies = await asyncio.gather(*(model.ainvoke(PROMPT, seed=seed) for seed in range(1, 21)))

    assert [reply.text for reply in replies] == [str(seed) for seed in range(1, 21)]
    assert [reply.usage_metadata["output_tokens"] for reply in replies] == list(range(1, 21))


async def test_configured_by_the_caller():
    """A field or an alternative that is configurable is configured by the call's config."""
    one, two = (ScriptedChat(reply=lambda prompt, seed, name=name: name) for name in ("one", "two"))
    model = own_model(_alternatives(one, two))

    assert (await model.ainvoke(PROMPT, {"configurable": {"which": "two"}})).text == "two"
    assert [spec.id for spec in model.config_specs] == ["which"]


def test_pickled():
    """A role model travels as what it was made of."""
    model = pickle.loads(pickle.dumps(own_model(FakeListChatModel(responses=["Hello"]).with_retry())))  # noqa: S301

    assert model.invoke(PROMPT).text == "Hello"


def test_pickled_configured_model(server, model_at):
    """A configured model travels as its config, also when it is connected, and connects anew."""
    model = model_at(server)
    model.invoke(PROMPT)
    again = pickle.loads(pickle.dumps(model))  # noqa: S301

    assert again.config == model.config
    assert again.invoke(PROMPT).text == "Hello"


def test_scripts_that_are_asynchronous():
    """A scripted model whose script is asynchronous has no synchronous side, and is asked on the private loop."""

    async def script(prompt: str, seed: int | None) -> str:
        assert loops.is_private(asyncio.get_running_loop())
        return "Hello"

    hidden = ScriptedCompletion(reply=lambda prompt, seed: script(prompt, seed=seed))
    for model in (ScriptedChat(reply=script), hidden):
        assert _now(model) == "Hello"


def test_which_models_need_a_thread():
    """A plain function has no asynchronous side of its own, one that has one needs no thread; so with model classes."""

    async def later(prompt):
        return "Hello"

    assert not _has_async_side(RunnableLambda(lambda prompt: "Hello"))
    assert _has_async_side(RunnableLambda(later))
    assert _has_async_side(ScriptedChat(reply=lambda prompt, seed: "Hello"))
