"""Which model answers, with what sampling, at what price."""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge, Le
from pydantic import AfterValidator, Field, JsonValue, model_validator

from selfinstruct_chains.config.base import (
    Closed,
    Count,
    Kind,
    Penalty,
    Positive,
    Real,
    Seconds,
    Share,
    Variable,
    Whole,
    address,
    header,
)
from selfinstruct_chains.config.provider_names import canonical

Sampling = Literal["temperature", "top_p", "presence_penalty", "frequency_penalty"]


class ServerSettings(Closed):
    """How the embedded llama.cpp runs: how fast replies come and how long they may be, not what they may say."""

    threads: Annotated[Whole, Ge(1), Le(512)] = 2
    """Compute threads. No more than there are free cores: one too many costs more than it brings."""
    slots: Annotated[Whole, Ge(1), Le(256)] = 4
    """Requests decoded at the same time; more wait in line. Each slot keeps its own copy of a prompt's beginning."""
    context: Annotated[Whole, Ge(64)] = 2048
    """Tokens for prompt and reply together, for each slot. A longer prompt is refused, a longer reply is cut."""
    cache_mib: Count = 512
    """MiB of memory for the beginnings of earlier prompts, which needn't be read again; 0 for none."""
    spin: Count = 1_000
    """How many times a thread that waits for the others looks before it sleeps (GOMP_SPINCOUNT). libgomp's own 300,000
    stalls as soon as another program wants a core, 0 halves the speed on idle ones. The first server's value counts for
    the whole process; OMP_WAIT_POLICY or GOMP_SPINCOUNT in the environment win over it."""


class Price(Closed):
    """Dollars for a million tokens."""

    input: Annotated[Real, Ge(0)]
    """Of prompts."""
    output: Annotated[Real, Ge(0)]
    """Of replies, hidden thinking included."""
    cached_input: Annotated[Real, Ge(0)] | None = None
    """Of what the provider reads from its cache of prompts; None: as `input`."""
    cache_write: Annotated[Real, Ge(0)] | None = None
    """Of what it writes to that cache; None: as `input`."""


class ModelConfig(Closed):
    """Which model answers, and with what sampling. None leaves a value to the provider."""

    provider: Annotated[str, AfterValidator(canonical)]
    """"embedded"; a service or a server of one's own by name ("groq", "vllm"), in any case or by an alias ("Claude",
    "gemini"), which is kept as LangChain's name; "community", for langchain-community's classes; or any other provider
    that LangChain's `init_chat_model` knows."""
    kind: Kind
    """Whether it takes messages, or a text to go on from."""
    name: str
    """The provider's name for the model."""
    base_url: Annotated[str, AfterValidator(address)] | None = None
    """Where the model is; None: at the provider's address, or for servers of one's own at their usual port."""
    api_key_env: Variable | None = None
    """The environment variable that holds the key, where it is not the provider's usual one."""
    headers_env: dict[Annotated[str, AfterValidator(header)], Variable] = Field(default_factory=dict)
    """HTTP headers to send, and the environment variable that holds each one's value."""
    timeout: Seconds = 120
    """Seconds one attempt may take."""
    max_response_mib: Annotated[Whole, Ge(1), Le(1024)] = 16
    """MiB that one response may have; of a larger one no more is read."""
    temperature: Annotated[Real, Ge(0), Le(2)] | None = None
    """How evenly tokens are drawn; 0: always the likeliest."""
    top_p: Share | None = None
    """Only the likeliest tokens that make up this share of the probability are drawn from."""
    presence_penalty: Penalty | None = None
    """Taken off the log-odds of a token that has come before."""
    frequency_penalty: Penalty | None = None
    """Taken off for each time that it has come before."""
    max_tokens: Positive | None = None
    """Tokens of a reply; the second attempt at a truncated reply has twice as many."""
    optional: tuple[Sampling, ...] = ()
    """Of the sampling above, what is left out where the model does not take it, rather than refused."""
    send_seed: bool | None = None
    """Whether each call carries a seed of its own; None: if the provider is known to take one."""
    system_role: bool | None = None
    """Whether a chat model takes a system message; if not, its text is put in front of the user's. None: it is sent,
    and where nothing tells whether the server takes it, that is found out before the first request of a run."""
    extra: dict[str, JsonValue] = Field(default_factory=dict)
    """Further parameters, handed to the provider's client as they are; none that has a setting here."""
    requests_per_minute: Positive | None = None
    """Calls that are begun in a minute, at most; None: no limit of ours."""
    tokens_per_minute: Positive | None = None
    """Tokens of prompts and replies together in a minute, at most; None: no limit of ours."""
    price: Price | None = None
    """What its tokens cost; None: what the price list says. A role with another model needs its own."""
    server: ServerSettings | None = None
    """For provider "embedded" only."""

    @model_validator(mode="after")
    def _server_is_embedded(self) -> ModelConfig:
        if self.server and self.provider != "embedded":
            raise ValueError("server is for provider 'embedded' only")
        return self
