"""Model config -> a Runnable that answers with an AIMessage, whatever the provider and the family."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from weakref import WeakKeyDictionary

from langchain_core.messages import AIMessage
from langchain_core.prompt_values import PromptValue
from langchain_core.runnables import Runnable

from selfinstruct_chains.models import connections, embedded
from selfinstruct_chains.models.dialects import dialect
from selfinstruct_chains.models.environment import given_address
from selfinstruct_chains.models.extra import refuse_reserved
from selfinstruct_chains.models.faults import Endpoint
from selfinstruct_chains.models.http import MIB
from selfinstruct_chains.models.limits import Gate
from selfinstruct_chains.models.loops import wait
from selfinstruct_chains.models.own import OwnModel
from selfinstruct_chains.models.patience import Patience
from selfinstruct_chains.models.places import without_credentials
from selfinstruct_chains.models.providers import build
from selfinstruct_chains.models.replying import Replying
from selfinstruct_chains.models.services import KEYS
from selfinstruct_chains.models.suitability import refuse_what_it_lacks

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from langchain_core.language_models import BaseChatModel, BaseLLM
    from langchain_core.runnables import RunnableConfig

    from selfinstruct_chains.config import Asked, ChainConfig, Kind, ModelConfig, Role


class ConfiguredModel(Runnable[PromptValue, AIMessage]):
    """The model that a config names, connected at its first call, once for each event loop.

    Args:
        config: the model.
        log: where the embedded server writes its log; None: nowhere.
    """

    def __init__(self, config: ModelConfig, *, log: Path | None = None) -> None:
        self.config = config
        self._log = log
        self._by_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, _Connected] = WeakKeyDictionary()
        self._locks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy in another process connects by itself."""
        return _configured, (self.config, self._log)

    @property
    def kind(self) -> Kind:
        """Which form of a prompt the model is given."""
        return self.config.kind

    def get_name(self, suffix: str | None = None, *, name: str | None = None) -> str:
        """Provider and model, for graphs and traces."""
        return f"{self.config.provider}: {Path(self.config.name).name}"

    def invoke(self, input: PromptValue, config: RunnableConfig | None = None, **kwargs: Any) -> AIMessage:
        """The reply to one prompt."""
        return wait(lambda: self.ainvoke(input, config, **kwargs))

    async def ainvoke(self, input: PromptValue, config: RunnableConfig | None = None, **kwargs: Any) -> AIMessage:
        """The reply to one prompt."""
        await self.connect()
        return await self._by_loop[asyncio.get_running_loop()].model.ainvoke(input, config, **kwargs)

    async def connect(self) -> None:
        """Make the client for this loop, and start the embedded model, if that is still to be done.

        It is closed by `aclose`, or when the loop ends.

        Raises:
            ConfigError: as `providers.build`.
        """
        loop = asyncio.get_running_loop()
        if loop in self._by_loop:
            return
        async with self._locks.setdefault(loop, asyncio.Lock()):
            if loop not in self._by_loop:
                # An async client belongs to the loop it was made in (shared ones break in the next).
                client = connections.async_client(self.config)
                model = await asyncio.to_thread(build, self.config, log=self._log, async_client=client)
                closing = _until_closed(model, client)
                await anext(closing)
                self._by_loop[loop] = _Connected(self._replying(model), closing)

    async def aclose(self) -> None:
        """Close this loop's connections, if there are any."""
        connected = self._by_loop.pop(asyncio.get_running_loop(), None)
        if connected:
            await connected.closing.aclose()

    def _replying(self, model: Any) -> Replying:
        config = self.config
        longest = config.max_response_mib * MIB  # in characters, for the clients that are not ours
        return Replying(model, provider=config.provider, kind=config.kind, send_seed=config.send_seed, longest=longest)


class _Connected(NamedTuple):
    model: Replying
    closing: AsyncGenerator[None]


async def _until_closed(model: BaseChatModel | BaseLLM, client: Any) -> AsyncGenerator[None]:
    """Keeps a client, and closes it in the end: a loop that ends in order ends its asynchronous generators."""
    try:
        yield
    finally:
        await connections.aclose(model, client)


def _configured(config: ModelConfig, log: Path | None) -> ConfiguredModel:
    return ConfiguredModel(config, log=log)


def patiences(
    models: Mapping[Role, Runnable[Any, Any]], config: ChainConfig, max_concurrency: int
) -> dict[Role, Patience]:
    """The retry loop for each role's model; all that ask the same model at the same address share a gate.

    Args:
        models: by role, each a `ConfiguredModel` or an `OwnModel`.
        config: the chain, for limits and patience. Where roles that share a gate have limits, the lowest counts.
        max_concurrency: calls in flight at each address.
    """
    sharing: dict[object, list[Role]] = {}
    for role, model in models.items():
        sharing.setdefault(endpoint(model), []).append(role)
    found: dict[Role, Patience] = {}
    for roles in sharing.values():
        files = [config.model_for(role) for role in roles]
        requests = [file.requests_per_minute for file in files if file.requests_per_minute]
        tokens = [file.tokens_per_minute for file in files if file.tokens_per_minute]
        gate = Gate(max_concurrency, min(requests, default=None), min(tokens, default=None))
        found |= {role: patience(models[role], config.model_for(role), config, gate) for role in roles}
    return found


def patience(model: Runnable[Any, Any], file: ModelConfig, config: ChainConfig, gate: Gate) -> Patience:
    """The retry loop for one model, behind `gate`.

    Args:
        model: a `ConfiguredModel` or an `OwnModel`.
        file: what its chain file says of it.
        config: the chain, for its patience.
        gate: shared by all that ask it.
    """
    asked = who(model, file, config.run.patience)
    return Patience(
        asked.what,
        file.timeout,
        asked.patience,
        keys=asked.keys,
        gate=gate,
        max_failing_share=config.run.max_failing_share,
    )


def who(model: Runnable[Any, Any], file: ModelConfig, patience: float) -> Endpoint:
    """Who is asked, for messages, when `model` is: the chain file's, with its address and key, or the caller's own."""
    if isinstance(model, ConfiguredModel):
        return Endpoint(describe(file), KEYS.get(file.provider, ()), patience)
    return Endpoint(model.get_name(), (), patience)


def endpoint(model: Runnable[Any, Any]) -> object:
    """What is the same for role models that ask the same model at the same address."""
    if isinstance(model, ConfiguredModel):
        return model.config.provider, model.config.name, model.config.base_url
    if isinstance(model, OwnModel):
        return id(model.leaves[0].part)
    return id(model.model) if isinstance(model, Replying) else id(model)


def name_of(model: ConfiguredModel | OwnModel) -> str | None:
    """The model's name; None where several answer, or one does not say its own."""
    if isinstance(model, ConfiguredModel):
        return model.config.name
    names = {getattr(leaf.model, "model_name", None) or getattr(leaf.model, "model", None) for leaf in model.leaves}
    name = names.pop() if len(names) == 1 else None
    return name if isinstance(name, str) else None


def describe(config: ModelConfig) -> str:
    """The model and its address, for messages."""
    given = given_address(config)
    at = f" at {without_credentials(given)}" if given else ""
    return f"{config.provider}: {Path(config.name).name}{at}"


def has_schema(config: ModelConfig) -> bool:
    """Whether the model's replies can be held to a JSON schema; raises as `providers.build`."""
    return config.provider == "embedded" or dialect(build(config), config.provider).schema is not None


def check_model(config: ModelConfig, output: Asked = "text", decide: Literal["text", "logprob"] = "text") -> list[str]:
    """Whether `config` can be built and answers in the form asked for, without starting or calling anything.

    Args:
        config: the model.
        output: of the role it answers for.
        decide: of the classification role.

    Returns:
        What is left out of its `optional` sampling, and a limit that leaves no room to think, a line for each.

    Raises:
        ConfigError: in one line: unknown provider, missing package, key or weights, a parameter that the model does not
            take, a JSON schema or log-probabilities that it does not have.
    """
    if config.provider == "embedded":
        refuse_reserved(config)
        embedded.model_file(config.name)
        return []
    return refuse_what_it_lacks(config, build(config), output, decide)
