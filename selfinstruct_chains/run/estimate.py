"""What tasks are expected to take, in calls, tokens, dollars and minutes: as measured, or by stated defaults."""

from __future__ import annotations

from dataclasses import fields
from itertools import takewhile
from math import inf
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.config import ROLES
from selfinstruct_chains.method.pool import Pool
from selfinstruct_chains.models.environment import given_address
from selfinstruct_chains.models.prices import price
from selfinstruct_chains.models.thinking import may_think_without_key
from selfinstruct_chains.run.assembly import as_known_for, demonstrations, links, role_models
from selfinstruct_chains.run.calibrating import calls_to_calibrate
from selfinstruct_chains.run.topics import calls_to_ask
from selfinstruct_chains.run.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from selfinstruct_chains.config import ChainConfig, ModelConfig, Role
    from selfinstruct_chains.run.overview import Overview
    from selfinstruct_chains.tasks import Task

ACCEPTED = 0.5
"""Share of the instructions asked for that join the pool, where nothing is measured."""
FINISHED = 0.9
"""Share of those that get an instance."""
CLASSIFICATION = 0.25
"""Share of classification tasks."""
REPLY: Mapping[Role, int] = {"instructions": 200, "classification": 3, "input_first": 150, "output_first": 120}
"""Tokens of a reply."""
THOUGHTS = 500
"""Tokens of hidden thinking before a reply, of a model that may think: OpenAI's guide to reasoning speaks of a few
hundred to tens of thousands."""
CHARACTERS = 4
"""Characters of a token, in English."""
CACHED_FROM: Mapping[str, int] = {
    "openai": 1024,
    "azure_openai": 1024,
    "google_genai": 2048,
    "google_vertexai": 2048,
    "deepseek": 64,
}
"""Providers that cache a prompt's beginning unasked, and the tokens that it has to have for that: OpenAI's guide to
prompt caching, Google's to implicit caching, DeepSeek's to context caching."""
TOKENS_PER_SECOND = 50
"""How fast a model writes, after a second in which it reads."""

DEFAULTS = (
    f"Nothing is measured yet; taken are: {ACCEPTED:.0%} of the instructions accepted, "
    f"{FINISHED:.0%} of those finished, {CLASSIFICATION:.0%} classification; replies of "
    + ", ".join(f"{tokens} ({role})" for role, tokens in REPLY.items())
    + f" tokens at {TOKENS_PER_SECOND} a second; {CHARACTERS} characters a token; what all prompts of a role begin "
    "with comes from the provider's cache where it keeps one unasked; a model that may think spends "
    f"{THOUGHTS} tokens on that before each reply, as far as max_tokens lets it, paid like the reply. Run a few dozen "
    "tasks and ask again with the run's folder."
)


class Estimate(NamedTuple):
    """What is expected."""

    roles: dict[Role, Usage]
    """Calls and tokens for each role."""
    dollars: float | None
    """None: the price of a model is not known."""
    seconds: float
    """With as many calls in flight as the chain file says, and no more than its limits."""


def from_measured(overview: Overview, tasks: int) -> Estimate | None:
    """What `tasks` more tasks take, if they go as the run's did so far; None if it has none.

    A pool that grows accepts less and less, so a long way ahead this is too little.
    """
    finished = overview.monitor.finished
    if not finished:
        return None
    roles: dict[Role, Usage] = {}
    for role in ROLES:
        spent = [usage for (own, _), usage in overview.used.items() if own == role]
        counts = {
            name: round(tasks * sum(getattr(usage, name) for usage in spent) / finished)
            for name in (one.name for one in fields(Usage))
        }
        roles[role] = Usage(**counts)
    return _estimate(overview.config, roles)


def from_defaults(config: ChainConfig, seeds: Sequence[Task], tasks: int) -> Estimate:
    """What `tasks` tasks take with the defaults above and the chain's own prompts, a threshold's fitting among it.

    Raises:
        DataError: there are too few seeds.
    """
    accepted = tasks / FINISHED
    classified = 1 if config.classification_only else CLASSIFICATION
    calls: dict[Role, float] = {
        "instructions": accepted / (config.instructions.ask * ACCEPTED),
        "classification": accepted,
        "input_first": accepted * (1 - classified),
        "output_first": accepted * classified,
    }
    calls["classification"] += calls_to_calibrate(config, seeds)
    calls["instructions"] += calls_to_ask(config)
    prompts = _prompt_tokens(config, seeds)
    roles: dict[Role, Usage] = {}
    for role in ROLES:
        reply, thought = _reply_tokens(role, config.model_for(role))
        count = round(calls[role])
        seconds = 1 + reply / TOKENS_PER_SECOND
        read, cached = prompts[role]
        roles[role] = Usage(
            count,
            count * read,
            count * reply,
            milliseconds=round(1000 * count * seconds),
            cache_read_tokens=max(0, count - 1) * cached,
            reasoning_tokens=count * thought,
        )
    return _estimate(config, roles)


def _reply_tokens(role: Role, model: ModelConfig) -> tuple[int, int]:
    """Tokens of a role's reply with the thoughts before it, and how many of them are thoughts."""
    most = model.max_tokens or inf
    thought = THOUGHTS if may_think_without_key(model) else 0
    return int(min(REPLY[role] + thought, most)), int(min(thought, most))


def _prompt_tokens(config: ChainConfig, seeds: Sequence[Task]) -> dict[Role, tuple[int, int]]:
    """Tokens of a role's prompt, and how many of them the provider has in its cache from the prompt before."""
    kinds = {role: config.model_for(role).kind for role in ROLES}
    config = as_known_for(config, role_models(config).models, hopeful=True)
    parts = links(config, demonstrations(config, seeds), kinds)
    pool = Pool(config, seeds)
    draws = [pool.draw(request, 0) for request in (0, 1)]
    found: dict[Role, tuple[int, int]] = {}
    for role in ROLES:
        values = [shown.asked if role == "instructions" else shown.examples[0].instruction for shown in draws]
        texts = [parts[role].prompt(value).to_string() for value in values]
        common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(*texts, strict=False))) // CHARACTERS
        found[role] = len(texts[0]) // CHARACTERS, common if common >= _cached_from(config.model_for(role)) else 0
    return found


def _cached_from(model: ModelConfig) -> float:
    """Tokens from which on a prompt's beginning is cached unasked; behind an address of one's own nobody knows."""
    return CACHED_FROM.get(model.provider, inf) if given_address(model) is None else inf


def _estimate(config: ChainConfig, roles: dict[Role, Usage]) -> Estimate:
    prices = {role: price(config.model_for(role)) for role in ROLES}
    costs = [usage.dollars(found) for role, usage in roles.items() if (found := prices[role]) is not None]
    known = len(costs) == len(ROLES) and not any(usage.unknown for usage in roles.values())
    return Estimate(roles, sum(costs) if known else None, _seconds(config, roles))


def _seconds(config: ChainConfig, roles: dict[Role, Usage]) -> float:
    waiting = sum(usage.milliseconds for usage in roles.values()) / 1000 / config.run.max_concurrency
    for role, usage in roles.items():
        model = config.model_for(role)
        tokens = usage.input_tokens + usage.output_tokens
        for count, limit in ((usage.calls, model.requests_per_minute), (tokens, model.tokens_per_minute)):
            waiting = max(waiting, 60 * count / limit if limit else 0)
    return waiting
