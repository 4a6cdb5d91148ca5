"""What is known of how providers fail, as one table: the first row that fits a failure says what comes of it.

Codes and types decide before prose, and prose before the bare status. Bodies to the rows, with their sources, stand in
`testing/answers/`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from selfinstruct_chains.models.failures import ABOVE_LIMIT
from selfinstruct_chains.models.fates import ANY_STATUS, Row, code, says, status

if TYPE_CHECKING:
    from selfinstruct_chains.models.failures import Failure

_REFUSED = frozenset(range(400, 500)) | {None}
"""Statuses of a refusal; None is an envelope in a 200 that names none."""
_ABOUT_PROMPT = (_REFUSED | {500}) - {401, 402, 404, 405, 407, 408, 409, 410, 425, 429, 499}
"""Statuses with which prose about a prompt or a parameter is believed: with a rate limit "reduce the length" is advice.
500 is what llama.cpp and gateways make of a refusal."""
_ABOUT_SETUP = _REFUSED - {408, 409, 425, 429, 499}
_ABOUT_QUOTA = frozenset({400, 403, 429, None})
_FOR_GOOD = frozenset({501, 505})
_BUSY = frozenset({429, None})

_NAME = (
    r"\b(?:temperature|top_?[pk]|min_p|max[_ ](?:completion_|output_|new_)?tokens|num_predict|(?:top_)?logprobs"
    r"|logit_bias|(?:frequency|presence|repetition)[ _]?penalty|response_format|reasoning_effort|seed)\b[`'\"]*"
)
_NAMES = frozenset(
    {
        "temperature",
        "top_p",
        "top_k",
        "min_p",
        "max_tokens",
        "max_completion_tokens",
        "max_output_tokens",
        "max_new_tokens",
        "top_logprobs",
        "logprobs",
        "logit_bias",
        "frequency_penalty",
        "presence_penalty",
        "repetition_penalty",
        "response_format",
        "reasoning_effort",
        "seed",
        "stop",
        "stream",
        "n",
        "tools",
        "tool_choice",
    }
)

TABLE: tuple[Row, ...] = (
    # --- Codes, types and headers -------------------------------------------------------------------------------------
    # OpenRouter: a 402 that passes, while other requests of the account are settled.
    code("retry", "", "in_flight_budget_exhausted"),
    # OpenAI's and Groq's limits of tokens per minute: one request above the whole of it.
    code("item", "context_too_long", ABOVE_LIMIT, at={413, 429}),
    # OpenAI's form; llama.cpp; Mistral; Anthropic; Azure AI and GitHub Models; Copilot.
    code(
        "item",
        "context_too_long",
        "context_length_exceeded, exceed_context_size_error, invalid_request_prompt_too_long, request_too_large, "
        "tokens_limit_reached, model_max_prompt_tokens_exceeded, string_above_max_length, *context_window_exceeded*, "
        "prompt_too_long, request_entity_too_large",
    ),
    # OpenAI and Azure; DashScope; OpenRouter's moderation; Ark; Zhipu.
    code(
        "item",
        "content_filter",
        "content_filter, content_policy_violation, responsibleaipolicyviolation, invalid_prompt, moderation_blocked, "
        "data_inspection_failed, datainspectionfailed, flagged_input, *sensitivecontentdetected*, 1301",
    ),
    # Groq: the model's own reply was no JSON.
    code("item", "invalid", "json_validate_failed, failed_generation, tool_use_failed, output_parse_failed"),
    # OpenAI; Anthropic; Together; LiteLLM; OpenRouter; xAI; DashScope; Moonshot; Ark; Zhipu; Novita.
    code(
        "fix",
        "money",
        "insufficient_quota, credit_balance_exhausted, *_spend_limit_exceeded, organization_usage_limit_exceeded, "
        "billing_hard_limit_reached, billing_not_active, billing_error, contract_spend_limit_reached, "
        "linked_organization_spend_limit_reached, credit_limit, budget_exceeded, weight_exceeds_budget, "
        "personal-team-blocked:spending-limit, arrearage, exceeded_current_quota_error, accountoverdueerror, 1113, "
        "not_enough_balance, insufficient_balance, insufficient_credits, insufficient_funds",
    ),
    # Anthropic's and watsonx's month; OpenRouter's budgets; Google's quota of a day, whose RetryInfo is about another.
    code(
        "resumable",
        "",
        "token_quota_reached, enforced_spend_limit_reached, openrouter_guardrail_budget, openrouter_workspace_budget, "
        "*perday*",
    ),
    # Mistral: only headers tell a month from a second, and a plan that lacks the model.
    Row("resumable", header=("x-ratelimitbysize-remaining-month", "0"), at={429}),
    Row("fix", "plan", header=("x-ratelimit-limit-req-minute", "0"), at={429}),
    # OpenAI; Google and LiteLLM, with a 400; AWS; Apigee in front of Fireworks; Moonshot.
    code(
        "fix",
        "key",
        "*invalid_api_key*, *api_key_invalid*, *invalidapikey, expired_key, api_key_expired, token_not_found_in_db, "
        "auth_error, account_deactivated, unrecognizedclientexception, expiredtoken*, invalidsignatureexception, "
        "consumer_suspended, invalid_authentication_error",
    ),
    code("fix", "region", "unsupported_country_region_territory"),
    # Groq; Anthropic; LiteLLM; AWS; Ark.
    code(
        "fix",
        "access",
        "organization_restricted, organization_on_hold, *_model_access_denied, accessdeniedexception, "
        "permission_error, modelnotopen, model.accessdenied",
    ),
    # OpenAI; Groq; Together; Mistral and Perplexity; Hugging Face; Azure; GitHub Models; Ark; AWS.
    code(
        "fix",
        "model",
        "model_not_found, model_decommissioned, model_terms_required, model_not_available, model_not_supported, "
        "dedicated_endpoint_not_running, invalid_model, unknown_model, deploymentnotfound, "
        "invalidendpointormodel*, resourcenotfoundexception",
    ),
    # OpenAI; Perplexity; Mistral's order of roles; pydantic, in servers written in Python.
    code(
        "fix",
        "parameter",
        "unsupported_value, unsupported_parameter, unknown_parameter, invalid_parameter, extra_forbidden, "
        "invalid_message, invalid_request_message_order, *_above_max_value, *_below_min_value",
    ),
    # Groq's flexible tier, with a 498; AWS.
    code("retry", "", "capacity_exceeded, modelnotreadyexception"),
    # --- Prose --------------------------------------------------------------------------------------------------------
    # Azure; OpenAI; LiteLLM; xAI; Cohere; DeepSeek; DashScope; Moonshot; OpenRouter.
    says(
        "item",
        "content_filter",
        r"content[ _-]?(?:filter|management policy|policy[ _]?violation|moderation)|requires moderation"
        r"|(?:prompt|input|request|message) (?:was|has been|is) flagged|rejected as a result of our safety"
        r"|violat(?:es?|ing|ion of) (?:our |the )?(?:usage|content|safety|acceptable use)|blocked (?:in|out)put:"
        r"|content exists risk|inappropriate content|considered high risk|sensitive (?:content|information|words)"
        r"|safety (?:system|filter|polic)",
        _ABOUT_PROMPT,
    ),
    # TGI and Together add the two up; older vLLM subtracts.
    says(
        "item",
        "context_too_long",
        r"\+ [`'\"]?max_(?:new_)?tokens|max_tokens must be at least 1, got -",
        _ABOUT_PROMPT,
    ),
    # Groq, Cohere and TGI: the limit of a parameter, in words that a prompt that is too long is told with as well.
    says("fix", "parameter", rf"{_NAME}(?: for \S+)? must be (?:[<>]|strictly|less than or|at |between)", _ABOUT_SETUP),
    says(
        "item",
        "context_too_long",
        r"maximum (?:context|prompt|model|input) length|exceed.{0,20} token limit"
        r"|context[ _](?:length|size|window|limit)|ContextWindowExceeded"
        r"|(?:prompt|input|request|message|sequence|(?:token|input|prompt|context) length)s? (?:(?:is|are) )?too "
        r"(?:long|large)|too large for model|longer than the maximum"
        r"|too many tokens: |too many (?:input|prompt) tokens|token count.{0,60}exceeds|input tokens? exceed"
        r"|request too large|maximum request body size|must have less than \d+ tokens|range of input length"
        r"|reduce (?:the |your )?(?:length|prompt|message)",
        _ABOUT_PROMPT,
    ),
    says("item", "context_too_long", r"^request too large\b|[:;] request too large\b", frozenset({429})),
    # Cohere; TGI.
    says("item", "invalid", r"must be at least 1 token long|inputs[`'\"]* cannot be empty", _ABOUT_PROMPT),
    # A plain rate limit that speaks of payment or billing is none of these; OpenAI's words through a gateway are.
    says(
        "fix",
        "money",
        r"insufficient[ _](?:balance|credits?|funds|quota)|credit balance is too low|credits are depleted"
        r"|used all available credits|run out of credits|have any credits|requires more credits|included credits"
        r"|credit limit exceeded|balance is (?:insufficient|not enough)|not enough (?:balance|credits)|failure to pay"
        r"|payment required|budget has been exceeded|billing or payment information|limit exceeded \(total"
        r"|exceeded your current quota(?=.*platform\.openai\.com)",
        _REFUSED,
    ),
    # Anthropic; OpenRouter; LiteLLM; Cloudflare.
    says(
        "resumable",
        "",
        r"regain access on|limit exceeded \((?:daily|weekly|monthly)|crossed budget|daily free allocation",
        _ABOUT_QUOTA,
    ),
    # Google's free tier without the model; Anthropic.
    says("fix", "plan", r"\blimit: ?0(?![.\d])|extra usage is required", _BUSY),
    # OpenAI and Groq say how long until a day's window has rolled on; Bedrock, Cohere, Ollama and OpenRouter do not.
    says(
        "resumable",
        "",
        r"(?:\bper[ -]|/ ?)(?:day|week|month)\b|\b(?:hourly|session|daily|weekly|monthly) (?:usage )?(?:limit|quota)",
        frozenset({429}),
        unless_wait=True,
    ),
    # xAI, with a 400; LiteLLM; Google's edge; DeepSeek.
    says(
        "fix",
        "key",
        r"(?:incorrect|invalid|expired|missing|no) api[ _-]?key|api[ _-]?key (?:is |was |has been |you provided is )?"
        r"(?:not valid|invalid|expired|incorrect|reported|revoked|disabled|missing|required)|expired key"
        r"|authentication (?:fails|failed|error)|invalid (?:api )?token|invalid credentials|security token",
        _ABOUT_SETUP,
    ),
    # Google; Anthropic's edge.
    says(
        "fix",
        "region",
        r"(?:country|region|location)\b.{0,40}\bnot (?:supported|available)|not available in your (?:country|region)"
        r"|request not allowed",
        _ABOUT_SETUP,
    ),
    # Azure; Cloudflare in front of Groq.
    says("fix", "network", r"virtual network|firewall|you have been blocked|check your network", frozenset({403})),
    says(
        "fix",
        "access",
        r"denied access|permission denied|access denied|\bis denied\b|not authorized|sufficient permissions"
        r"|(?:don't|do not|doesn't|does not) have (?:access|permission)|not allowed to access|suspended",
        frozenset({400, 403, 412, None}),
    ),
    # Ollama.
    says("fix", "memory", r"requires more system memory", ANY_STATUS),
    # Bedrock, Cohere, DeepSeek, LiteLLM, OpenRouter, Perplexity, Together.
    says(
        "fix",
        "model",
        r"\bmodel\b.{0,80}\b(?:not exist|not found|not supported by|decommissioned|deprecated|not available)"
        r"|endpoint.{0,80}\bnot running"
        r"|invalid model\b|model identifier is invalid|not a valid model|non-serverless model|on-demand throughput",
        _ABOUT_SETUP,
    ),
    says(
        "fix",
        "parameter",
        rf"{_NAME}.{{0,60}}(?:not support|unsupported|is not valid|too large|must satisfy)"
        rf"|{_NAME}: \d+ > \d+|(?:invalid|unsupported|unrecognized)\b.{{0,30}}{_NAME}"
        r"|valid range of|maximum tokens you requested"
        r"|unsupported (?:value|parameter)|unrecognized request argument|unknown (?:name|parameter|field)"
        r"|argument not supported|invalid argument\b|inputs? (?:are|is) not permitted|extraneous key|input should be"
        r"|cannot (?:specify both|both be specified)|not supported (?:by|with|on|for) this model"
        r"|\bonly \S{1,30} is supported|instruction is not enabled"
        r"|deserialize the json body|parse grammar|must be passed back|does not support (?:thinking|response format"
        r"|streaming|tools)|roles? (?:must|should(?: be)?) alternat|should (?:be )?alternat|must alternate"
        r"|system (?:role|message)s? not supported|expected last role|unexpected role|missing request body"
        r"|safety_settings",
        _ABOUT_SETUP,
    ),
    # --- What tells a little ------------------------------------------------------------------------------------------
    code("fix", "key", "authentication_error, unauthenticated, unauthorized", at=frozenset({400, 401, 403})),
    code("fix", "access", "permission_denied, permission-denied, forbidden", at=frozenset({403})),
    Row("fix", "model", parameters=frozenset({"model"}), at=_ABOUT_SETUP),
    Row("fix", "parameter", parameters=_NAMES, at=_ABOUT_SETUP),
    # --- Statuses -----------------------------------------------------------------------------------------------------
    status("fix", "key", 401),
    status("fix", "money", 402),
    status("fix", "address", 404, 405, 410),
    status("fix", "proxy", 407),
    status("fix", "region", 451),
    status("fix", "parameter", *_FOR_GOOD),
    status("item", "context_too_long", 413),
    status("item", "content_filter", 498),  # Cohere's
    status("retry", "", 408, 409, 425, 429, 499, None),
    status("retry", "", *(set(range(500, 600)) - _FOR_GOOD)),
    Row("unclear"),
)

_MEANT = {
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "resource_exhausted": 429,
    "throttlingexception": 429,
    "overloaded_error": 529,
    "server_is_overloaded": 503,
    "serviceunavailableexception": 503,
    "unavailable": 503,
    "authentication_error": 401,
    "permission_error": 403,
    "not_found_error": 404,
    "validationexception": 400,
    "invalid_argument": 400,
    "invalid_request_error": 400,
}
"""The statuses of codes that come without one."""


def fate_of(failure: Failure) -> Row:
    """The row of the table that a failure falls under."""
    return next(row for row in TABLE if row.fits(with_status(failure)))


def with_status(failure: Failure) -> Failure:
    """The failure, with the status that its codes stand for where it came with none, as within a stream."""
    if failure.status is not None:
        return failure
    return failure._replace(status=next((_MEANT[code] for code in sorted(failure.codes) if code in _MEANT), None))
