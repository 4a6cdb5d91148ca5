"""What comes of what providers answer, by the answers' own bodies: no client takes part."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains.models.failures import failure
from selfinstruct_chains.models.fates import ADVICE
from selfinstruct_chains.models.known_failures import TABLE, fate_of
from tests.models.answers import answers

if TYPE_CHECKING:
    from selfinstruct_chains.testing.answers import Answer

PATIENCE = 600
ERRORS = [one for one in answers() if one.status >= 400 or '"error":' in one.body]  # other 200s are replies


def judged(status: int, body: object, headers: dict[str, str] | None = None) -> tuple[str, str, float | None]:
    """Fate, reason or what is to be mended, and the wait."""
    read = failure(status, headers or {}, body if isinstance(body, str) else json.dumps(body))
    row = fate_of(read)
    late = row.fate == "retry" and (read.wait or 0) > PATIENCE
    return "resumable" if late else row.fate, row.why, read.wait


@pytest.mark.parametrize("answer", ERRORS, ids=lambda answer: answer.id)
def test_every_known_answer_has_its_fate(answer: Answer) -> None:
    """Each of the collected answers is retried, dropped, or stops the run as is due, after the wait that it names."""
    fate, why, wait = judged(answer.status, answer.body, dict(answer.headers))

    assert (fate, why if fate == "item" else "") == (answer.fate, answer.reason)
    assert wait == (None if answer.wait is None else pytest.approx(answer.wait, abs=0.01))


def test_what_is_to_be_mended_has_advice() -> None:
    """Each row that stops a run says what to do; each advice is some row's."""
    assert {row.why for row in TABLE if row.fate == "fix"} == set(ADVICE)


TOO_LONG, FILTERED = ("item", "context_too_long"), ("item", "content_filter")
MONEY, KEY, MODEL, PARAMETER = ("fix", "money"), ("fix", "key"), ("fix", "model"), ("fix", "parameter")
AGAIN, LATER, UNCLEAR = ("retry", ""), ("resumable", ""), ("unclear", "")


@pytest.mark.parametrize(
    ("status", "body", "due"),
    [
        # Codes and types decide, whatever the words.
        (
            400,
            {"error": {"message": "Your input exceeds what is supported.", "code": "context_length_exceeded"}},
            TOO_LONG,
        ),
        (400, {"error": {"message": "considered high risk", "type": "content_filter"}}, FILTERED),
        (400, {"error": {"message": "may be inappropriate", "code": "data_inspection_failed"}}, FILTERED),
        (400, {"error": {"message": "Input token length too long", "type": "invalid_request_error"}}, TOO_LONG),
        (400, {"error": {"message": "Sequence too long: 5000 tokens"}}, TOO_LONG),
        (403, {"errors": [{"code": "token_quota_reached", "message": "Exhausted"}]}, LATER),
        (400, {"code": "DataInspectionFailed", "message": "Input data may contain inappropriate content."}, FILTERED),
        (
            400,
            {"code": "Arrearage", "message": "Access denied, please make sure your account is in good standing."},
            MONEY,
        ),
        (429, {"error": {"code": "1113", "message": "Your account is in arrears, please recharge."}}, MONEY),
        (429, {"error": {"message": "Your account is suspended", "type": "exceeded_current_quota_error"}}, MONEY),
        (403, {"code": 403, "reason": "NOT_ENOUGH_BALANCE", "message": "not enough balance"}, MONEY),
        (400, {"error": {"code": "InputTextSensitiveContentDetected", "message": "The request failed."}}, FILTERED),
        (
            413,
            {"error": {"code": "tokens_limit_reached", "message": "Request body too large. Max size: 8000."}},
            TOO_LONG,
        ),
        (401, {"code": "InvalidApiKey", "message": "Invalid API-key provided."}, KEY),
        # Words, of providers that have no code.
        (400, {"code": "InvalidParameter", "message": "Range of input length should be [1, 30720]"}, TOO_LONG),
        (400, {"error": {"message": "Your request exceeded model token limit: 8192"}}, TOO_LONG),
        (400, "The decoder prompt (length 5000) is longer than the maximum model length of 4096.", TOO_LONG),
        (400, {"code": 20012, "message": "Model does not exist. Please check it carefully."}, MODEL),
        (400, {"error": {"message": "`temperature` and `top_p` cannot both be specified for this model."}}, PARAMETER),
        (400, {"error": {"message": "Only temperature=1 is supported for this model"}}, PARAMETER),
        (400, {"error": {"message": "max_tokens is too large: 40960. This model supports at most 16384"}}, PARAMETER),
        (400, {"error": {"message": "Bad schema", "param": "response_format"}}, PARAMETER),
        (402, {"title": "Insufficient credit", "detail": "You have insufficient credit.", "status": 402}, MONEY),
        # A day, and no wait that is named.
        (429, {"errors": [{"message": "AiError: used up your daily free allocation", "code": 4006}]}, LATER),
        (429, {"message": "Requests per day limit exceeded", "type": "too_many_requests_error"}, LATER),
        (429, {"error": {"message": "Rate limit of 50 per 86400s exceeded. Please wait 33000 seconds."}}, LATER),
        # The same words of OpenAI and Google, and a gateway's that passes OpenAI's on.
        (429, {"error": {"message": "You exceeded your current quota, please check your plan and billing."}}, AGAIN),
        (
            429,
            {"error": {"message": "OpenAIException - You exceeded your current quota: https://platform.openai.com/x"}},
            MONEY,
        ),
        (429, {"error": {"message": "Quota exceeded for metric: free, limit: 0, model: m"}}, ("fix", "plan")),
        (
            429,
            {"error": {"message": "Rate limited. Purchase more credits at /billing, or add a payment method."}},
            AGAIN,
        ),
        # What can't be told apart.
        (403, "Forbidden", UNCLEAR),
        (403, "<html><head><title>403 Forbidden</title></head></html>", UNCLEAR),
        (400, {"error": {"message": "Bad request", "type": "invalid_request_error"}}, UNCLEAR),
        (422, "", UNCLEAR),
        (504, "", AGAIN),
        (524, "<html>A timeout occurred</html>", AGAIN),
        # An envelope in a 200 counts as if it had come with its status.
        (200, {"error": {"message": "User not found.", "code": 401}}, KEY),
        (200, {"error": {"message": "Add credits", "code": "402"}}, MONEY),
        (200, {"error": {"message": "boom"}}, AGAIN),
    ],
)
def test_others_of_their_kind(status: int, body: object, due: tuple[str, str]) -> None:
    """Answers of providers that no file is about fall under the same rows."""
    assert judged(status, body)[:2] == due


@pytest.mark.parametrize(
    "body",
    [
        {
            "detail": [
                {"type": "string_too_long", "msg": "At most 9", "input": "Why is my api key invalid? rate limits"}
            ]
        },
        {"error": {"message": "1 error: bad value [type=x, input_value='insufficient_quota: maximum context length']"}},
        {"error": {"message": f'Unreadable: "{"Explain content filter and invalid api key. " * 5}"'}},
        {"error": {"message": "Refused", "metadata": {"previous_errors": [{"message": "Insufficient credits"}]}}},
        {"error": {"message": "Refused"}, "messages": [{"content": "x", "message": "maximum context length"}]},
    ],
)
def test_a_quoted_prompt_does_not_decide(body: object) -> None:
    """What a message or a field quotes of the request is no reason, whatever it speaks of."""
    assert judged(422, body)[:2] == UNCLEAR


def test_a_server_that_is_busy_gives_advice_only() -> None:
    """With a rate limit, "reduce the length" and "billing" are advice, and the item is asked again."""
    words = (
        "This would exceed 20,000 tokens per minute. Please reduce the prompt length, or check your billing details."
    )

    assert judged(429, {"error": {"message": words}})[0] == "retry"
