"""From the exceptions that clients raise to what the provider said: its own body, through whichever client."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import httpx
import pytest
import requests
from langchain_core.language_models import BaseLLM, FakeListLLM
from langchain_core.prompt_values import StringPromptValue

from selfinstruct_chains.config import ModelConfig
from selfinstruct_chains.models.known_failures import fate_of
from selfinstruct_chains.models.raised import failure_of, is_providers
from selfinstruct_chains.models.registry import ConfiguredModel
from tests.models.answers import Answer, answer, answering

PROMPT = StringPromptValue(text="Say hello.")
pytestmark = [
    pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:coroutine 'ClientResponse.json' was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:Exception ignored in. <coroutine object ClientResponse.json"),
]


async def raised_by(provider: str, given: Answer, kind: Any = "chat") -> Exception:
    """What our client for `provider` makes of an answer."""
    with answering(given.status, given.body, given.headers) as url:
        address = f"{url}/v1" if provider == "openai" else url
        model = ConfiguredModel(ModelConfig(provider=provider, kind=kind, name="m", base_url=address, timeout=5))
        try:
            await model.ainvoke(PROMPT)
        except Exception as error:  # noqa: BLE001 - whatever it is
            return error
        finally:
            await model.aclose()
    raise AssertionError("there was a reply")


@pytest.mark.parametrize("kind", ["chat", "completion"])
@pytest.mark.parametrize(
    "given",
    [
        answer("openai", "no_money_credit_balance_exhausted"),
        answer("openai", "rate_limit_retry_after_headers"),
        answer("xai", "no_money_429"),
        answer("huggingface", "tgi_too_long_sum"),
        answer("vllm", "auth_error_is_a_string"),
        answer("mistralai", "bad_parameter_extra_list"),
        answer("openrouter", "filtered_input_moderation"),
        answer("openrouter", "filtered_input_wrapped"),
        answer("openrouter", "error_in_200_too_long"),
        answer("perplexity", "auth_html_401"),
        answer("fireworks", "server_error_text"),
        answer("fireworks", "no_model_no_body"),
        answer("mistralai", "auth_wrong_key"),
    ],
    ids=lambda given: given.id,
)
async def test_openais_client(given: Answer, kind: str) -> None:
    """Whatever speaks OpenAI's protocol is read from its own body, with the fields that the client loses."""
    failure = failure_of(await raised_by("openai", given, kind))
    row = fate_of(failure)

    assert (row.fate, row.why if row.fate == "item" else "") == (given.fate, given.reason)
    assert failure.wait == (None if given.wait is None else pytest.approx(given.wait))
    assert failure.answered


@pytest.mark.parametrize(
    ("provider", "name"),
    [
        ("anthropic", "no_money_as_400"),
        ("anthropic", "rate_limit_retry_after_ms"),
        ("anthropic", "quota_month_429_without_retry_after"),
        ("anthropic", "too_long_413_edge"),
        ("google_genai", "auth_invalid_key_as_400"),
        ("google_genai", "quota_day_with_short_retry_info"),
        ("google_genai", "rate_limit_minute_retry_info"),
        ("google_genai", "bad_parameter_list_wrapped"),
        ("google_genai", "too_long_with_count"),
        ("ollama", "memory_too_small_500"),
        ("ollama", "quota_week_cloud"),
        ("ollama", "no_model_try_pulling"),
    ],
)
async def test_the_other_clients(provider: str, name: str) -> None:
    """So are Anthropic's, Google's and Ollama's."""
    given = answer(provider, name)
    failure = failure_of(await raised_by(provider, given))
    row = fate_of(failure)

    assert (row.fate, row.why if row.fate == "item" else "") == (given.fate, given.reason)
    assert failure.wait == (None if given.wait is None else pytest.approx(given.wait, abs=0.01))


class _OfSpeakeasy(Exception):
    """The form of the exceptions of SDKs that Speakeasy generates, as OpenRouter's and Mistral's."""

    def __init__(self, given: Answer) -> None:
        super().__init__(f"API error occurred: Status {given.status}")
        self.status_code, self.body, self.headers = given.status, given.body, httpx.Headers(dict(given.headers))


class _OfCohere(Exception):
    """The form of cohere.core.ApiError: the body as what its JSON was."""

    def __init__(self, given: Answer) -> None:
        self.status_code, self.body, self.headers = given.status, json.loads(given.body), dict(given.headers)


class _OfBotocore(Exception):
    """The form of botocore.exceptions.ClientError."""

    def __init__(self, given: Answer) -> None:
        kind = given.headers["x-amzn-ErrorType"].partition(":")[0]
        message = json.loads(given.body)["message"]
        metadata = {"HTTPStatusCode": given.status, "HTTPHeaders": dict(given.headers), "RetryAttempts": 0}
        self.response = {"Error": {"Code": kind, "Message": message}, "ResponseMetadata": metadata}
        super().__init__(f"An error occurred ({kind}) when calling the Converse operation: {message}")


class _OfAStream(Exception):
    """The form of botocore.exceptions.EventStreamError: no status."""

    def __init__(self, given: Answer) -> None:
        kind = given.headers["x-amzn-ErrorType"].partition(":")[0]
        self.response = {"Error": {"Code": kind, "Message": json.loads(given.body)["message"]}}


class _OfGrpc(Exception):
    """The form of google.api_core's: a status as `code`, and the words."""

    def __init__(self, given: Answer) -> None:
        super().__init__(json.loads(given.body)["error"]["message"])
        self.code = given.status


@pytest.mark.parametrize(
    ("form", "provider", "name"),
    [
        (_OfSpeakeasy, "openrouter", "quota_free_day"),
        (_OfSpeakeasy, "openrouter", "rate_limit_in_flight_budget"),
        (_OfSpeakeasy, "mistralai", "rate_limit_old_form"),
        (_OfCohere, "cohere", "too_long_prompt"),
        (_OfCohere, "cohere", "quota_month_trial"),
        (_OfCohere, "groq", "malformed_json_mode"),
        (_OfBotocore, "bedrock", "no_model_identifier"),
        (_OfBotocore, "bedrock", "quota_day_tokens"),
        (_OfBotocore, "bedrock", "auth_expired_token"),
        (_OfAStream, "bedrock", "rate_limit_tokens"),
        (_OfAStream, "bedrock", "too_long"),
        (_OfGrpc, "google_genai", "too_long_with_count"),
    ],
)
def test_forms_of_exceptions(form: Any, provider: str, name: str) -> None:
    """An exception is read by the names that its fields have, whatever package it is of, and behind others."""
    given = answer(provider, name)
    outer = RuntimeError("the integration's own words")
    outer.__cause__ = form(given)
    row = fate_of(failure_of(outer))

    assert (row.fate, row.why if row.fate == "item" else "") == (given.fate, given.reason)


async def test_plain_http_clients() -> None:
    """httpx, requests and aiohttp raise for a status; the first two hold the body, streamed ones do not."""
    given = answer("mistralai", "no_model")
    found = []
    with answering(given.status, given.body) as url:
        for ask in (lambda: httpx.post(url), lambda: requests.post(url, timeout=5)):
            with pytest.raises(Exception, match="400") as raised:
                ask().raise_for_status()
            found.append(failure_of(raised.value))
        async with aiohttp.ClientSession() as session, session.post(url) as response:
            with pytest.raises(aiohttp.ClientResponseError) as told:
                response.raise_for_status()
            found.append(failure_of(told.value))
        with httpx.stream("POST", url) as streamed, pytest.raises(httpx.HTTPStatusError) as unread:
            streamed.raise_for_status()
        found.append(failure_of(unread.value))

    assert [one.status for one in found] == [400] * 4
    assert [fate_of(one).why for one in found] == ["model", "model", "", ""]


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("OpenRouter API returned an error: Rate limited (code: 429)", 429),
        ("Error code: 402 - {'error': {'message': 'Add credits', 'code': 402}}", 402),
        ("Request failed with status code 503", 503),
        ("room 404 is closed", None),
        ("", None),
    ],
)
def test_a_status_in_words(words: str, status: int | None) -> None:
    """Where an exception has nothing but words, the status that they name counts."""
    failure = failure_of(ValueError(words))

    assert (failure.status, failure.answered) == (status, status is not None)


def test_a_property_that_raises() -> None:
    """A client's property may raise whatever it likes."""

    class Odd(Exception):
        @property
        def response(self) -> object:
            raise RuntimeError("not read yet")

        status_code = 429

    assert failure_of(Odd("slow down")).status == 429


class _Raising(FakeListLLM):
    """A model whose integration raises."""

    error: Any = None

    def _call(self, *_: Any, **__: Any) -> str:
        raise self.error


def _raised_below(error: Exception) -> Exception:
    model: BaseLLM = _Raising(responses=["x"], error=error)
    with pytest.raises(type(error)) as raised:
        model.invoke("Say hello.")
    return raised.value


@pytest.mark.parametrize("error", [ValueError("x"), KeyError("choices"), TypeError("'NoneType'"), Exception("rate")])
def test_below_a_models_call_it_is_the_providers_side(error: Exception) -> None:
    """What an integration raises is the provider's side; the same error from elsewhere is not."""
    assert is_providers(_raised_below(error))
    error.__traceback__ = None
    assert not is_providers(error)


@pytest.mark.parametrize("error", [NameError("x"), ZeroDivisionError(), NotImplementedError(), AssertionError("no")])
def test_a_bug_is_no_providers(error: Exception) -> None:
    """What no answer causes is a bug, also below a model's call."""
    assert not is_providers(_raised_below(error))


@pytest.mark.parametrize(
    ("error", "due"),
    [
        (ConnectionResetError(), True),
        (TimeoutError(), True),
        (httpx.ReadTimeout("slow"), True),
        (FileNotFoundError("notes.txt"), False),
        (KeyError("a bug"), False),
        (RuntimeError("own step"), False),
    ],
)
def test_elsewhere_only_connections_are(error: Exception, due: bool) -> None:
    """In a step of the user's own a connection that fails is the provider's side, a missing file is not."""
    assert is_providers(error) is due
