"""Found values: what a chain file leaves to be found is settled before a run's first request, and then stays."""

from __future__ import annotations

import re
import time
from http import HTTPStatus
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from langchain_core.runnables.config import merge_configs

from selfinstruct_chains.characters import printable
from selfinstruct_chains.config import ROLES, ChainConfig, Role, written
from selfinstruct_chains.errors import ItemRefused, ProviderError
from selfinstruct_chains.method.demonstrations import CHARACTERS_PER_TOKEN
from selfinstruct_chains.method.json_text import looks_like_json
from selfinstruct_chains.method.pool import Pool
from selfinstruct_chains.method.tidying import tidied
from selfinstruct_chains.models import registry
from selfinstruct_chains.run.assembly import demonstrations, links, role_forms
from selfinstruct_chains.run.entry import Entry
from selfinstruct_chains.run.found import Finding, as_found, finding, found_key, possible
from selfinstruct_chains.run.journal import call_key, call_seed, text_hash
from selfinstruct_chains.run.journalled import ITEM, Call, asked, patiently
from selfinstruct_chains.tasks import request_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_core.messages import AIMessage
    from langchain_core.prompt_values import PromptValue
    from langchain_core.runnables import RunnableConfig

    from selfinstruct_chains.method.steps import RoleModel
    from selfinstruct_chains.models.faults import Fault
    from selfinstruct_chains.models.forms import Forms
    from selfinstruct_chains.run.assembly import RoleModels
    from selfinstruct_chains.run.journal import Journal
    from selfinstruct_chains.run.journalled import Calling
    from selfinstruct_chains.run.own import Own
    from selfinstruct_chains.tasks import Task

_ABOUT_THE_FORM = re.compile(
    r"response.?format|json|schema|\btools?\b|function.call|parameter|argument|\bsystem\b|\broles?\b|template|jinja"
    r"|developer instruction",
    re.IGNORECASE,
)
"""What a refusal says that another form of request may not meet."""
_ABOUT_THE_PROMPT = {"content_filter", "context_too_long"}
"""Reasons of a refusal that speak of what was asked, so that the form of the request was taken."""
_BROKEN_TRIES = 3  # of a form at which the server breaks (status 500), as some do at a system message
_SHOWN = 120  # characters of a refusal


class Settling(NamedTuple):
    """What the calls are made with."""

    config: ChainConfig
    found: RoleModels
    own: Own
    seeds: Sequence[Task]
    journal: Journal
    calling: Mapping[Role, Calling]
    tracing: RunnableConfig | None = None
    """The run's own config, under which the calls are traced."""


async def answer(given: Settling, role: Role, key: str, prompt: PromptValue, options: Mapping[str, Any]) -> AIMessage:
    """The reply to a call that finds something out, from the journal or from the role's model, and then there.

    Raises:
        ItemRefused: the provider refuses this prompt.
        ProviderError: it refuses all, or does not answer.
        RunStopped: the run is ending.
    """
    text, calling, model = prompt.to_string(), given.calling[role], given.found.asked(role)
    call = Call(key, text_hash(text), len(text))
    if known := given.journal.answer(call.key, call.sha):
        return known.message()
    tracing = merge_configs(given.tracing, {"metadata": {ITEM: "found"}})
    seed = call_seed(calling.seed, call.key)
    return await asked(given.journal, calling, call, lambda: model.ainvoke(prompt, tracing, **options, seed=seed))


async def settle(given: Settling) -> tuple[ChainConfig, list[str]]:
    """The chain with all that it leaves to be found, and what there is to say of that.

    What is known without a call, or stands in the journal, is taken from there. For the rest the first of the roles
    whose models are one sends its request, in one form after another, until the server takes one.

    Raises:
        ProviderError: no form is taken, or the provider does not answer.
        ConfigError: a prompt can't ask for anything that its model gives.
        RunStopped: the run is ending.
    """
    config, there = as_found(given.config, given.journal)
    lines = [line for found in there for line in found.lines()]
    for roles in _groups(config, given):
        found = await _found(given._replace(config=config), roles)
        config = found.applied(config)
        lines += found.lines()
    return config, lines


def _groups(config: ChainConfig, given: Settling) -> list[list[Role]]:
    """The roles that leave something open, those together whose models are one."""
    groups: dict[object, list[Role]] = {}
    for role in ROLES:
        if role not in given.own.steps and (config.role(role).output == "auto" or _wants_system(config, role, given)):
            groups.setdefault(registry.endpoint(given.found.models[role]), []).append(role)
    return list(groups.values())


def _wants_system(config: ChainConfig, role: Role, given: Settling) -> bool:
    """Whether the role has a system message to send, and nothing says whether it is taken."""
    section = config.role(role)
    system = section.prompt.chat.system.strip() or any(turn.by == "system" for turn in section.prompt.chat.turns)
    return given.found.kinds[role] == "chat" and section.model.system_role is None and bool(system)


async def _found(given: Settling, roles: list[Role]) -> Finding:
    first = next((role for role in roles if given.config.role(role).output == "auto"), roles[0])
    roles = [first, *(role for role in roles if role != first)]
    choices = _choices(given, roles)
    if len(choices) == 1:
        if choices[0].output is not None:  # a later version may know better, and the folder's is settled
            given.journal.write(Entry.found(found_key(first, 0), choices[0].model_dump(mode="json")))
        return choices[0]
    refused: list[str] = []
    for number, choice in enumerate(choices, start=1):
        after = choices[number:]
        asked = choice.model_copy(update={"why": "".join(refused[:1])})
        found = finding(given.journal, found_key(first, number)) or await _tried(given, asked, number, after)
        if found.taken:
            return found
        refused.append(found.why)
    raise AssertionError("the last form is taken, or its refusal raised")


def _choices(given: Settling, roles: Sequence[Role]) -> list[Finding]:
    """The forms of request that their model may take, the best first; one alone needs no call."""
    config, model = given.config, given.found.models[roles[0]]
    forms = role_forms(model, key=not given.found.elsewhere)
    autos = [role for role in roles if config.role(role).output == "auto"]
    outputs = possible(config, autos, forms) if autos else (None,)
    systems = _systems(given, roles, forms)
    found = tuple(roles)
    return [
        Finding(roles=found, output=output, system_role=system)
        for output, system in product(outputs[:1] if forms.sure else outputs, systems)
    ]


def _systems(given: Settling, roles: Sequence[Role], forms: Forms) -> tuple[bool | None, ...]:
    if not any(_wants_system(given.config, role, given) for role in roles):
        return (None,)
    # A folder that has replies already was begun before this was asked.
    begun = call_key("instructions", request_id(0)) in given.journal
    return (True,) if forms.system_role is not None or begun else (True, False)


async def _tried(given: Settling, choice: Finding, number: int, after: Sequence[Finding]) -> Finding:
    """Whether the server takes a form of request; the refusal of the last one, with none `after` it, is raised."""
    role, key = choice.roles[0], found_key(choice.roles[0], number)
    calling, journal = given.calling[role], given.journal
    prompt, options = request(given, choice)
    text = prompt.to_string()
    sha = text_hash(text)
    seed = call_seed(calling.seed, key)
    tracing = merge_configs(given.tracing, {"metadata": {ITEM: "found"}})
    ask = _Asking(given.found.asked(role), prompt, tracing, options | {"seed": seed}, to_the_end=not after)

    def note(fault: Fault) -> None:
        ask.broken += fault.status == HTTPStatus.INTERNAL_SERVER_ERROR
        journal.write(Entry.fault(key, sha, fault.text))

    started = time.perf_counter()
    try:
        message = await patiently(calling, key, ask, note, len(text) // CHARACTERS_PER_TOKEN)
    except ProviderError as error:
        if isinstance(error, ItemRefused) and error.reason in _ABOUT_THE_PROMPT:
            journal.write(Entry.found(key, choice.model_dump(mode="json")))
            return choice
        if not after or not _may_be_the_form(error):
            raise
        journal.write(Entry.fault(key, sha, str(error)))  # asked again by the next start, if nothing is taken in this
        why = f"the server refused {choice.in_words()} ({_short(error)})"
        return choice.model_copy(update={"taken": False, "why": why})
    calling.monitor.replied()
    found = _judged(choice, message) if any(other.output != choice.output for other in after) else choice
    return _kept(journal, found, Entry.of_message(key, sha, message, round(1000 * (time.perf_counter() - started))))


def _kept(journal: Journal, found: Finding, entry: Entry) -> Finding:
    """`found`, written to the journal with what the call that found it took; its reply is of no further use."""
    journal.write(entry._replace(kind="found", reply=None, value=found.model_dump(mode="json")))
    return found


class _Asking:
    """Makes the attempts at one form of request."""

    def __init__(
        self,
        model: RoleModel,
        prompt: PromptValue,
        tracing: RunnableConfig,
        options: dict[str, Any],
        *,
        to_the_end: bool,
    ) -> None:
        self.broken = 0
        """Attempts at which the server broke."""
        self._model = model
        self._prompt = prompt
        self._tracing = tracing
        self._options = options
        self._tries = None if to_the_end else _BROKEN_TRIES

    async def __call__(self) -> AIMessage:
        if self._tries is not None and self.broken >= self._tries:
            raise ItemRefused(f"status 500, {self.broken} times", reason="refused")
        return await self._model.ainvoke(self._prompt, self._tracing, **self._options)


def request(given: Settling, choice: Finding) -> tuple[PromptValue, dict[str, Any]]:
    """The prompt and the options of a first call for the first role in this form: request 0, or about a seed."""
    role = choice.roles[0]
    config = _in_text(choice.applied(given.config))
    part = links(config, demonstrations(config, given.seeds), given.found.kinds)[role]
    if role == "instructions":
        return part.prompt(Pool(config, given.seeds).draw(0, 0).asked), part.options
    fitting = [task for task in given.seeds if task.is_classification == (role == "output_first")]
    return part.prompt([*fitting, *given.seeds][0].instruction), part.options


def _in_text(config: ChainConfig) -> ChainConfig:
    """`config`, in which roles that are still to be settled are asked for text: another role's request is made."""
    for role in ROLES:
        if config.role(role).output == "auto":
            config = config.with_role(role, output="text")
    return config


def _judged(choice: Finding, message: AIMessage) -> Finding:
    """Whether what came is what was asked for: servers that don't know a form may ignore it."""
    wants_json = choice.output is not None and written(choice.output) == "json_schema"
    if not wants_json or looks_like_json(tidied(str(message.text))):
        return choice
    return choice.model_copy(update={"taken": False, "why": f"the reply to {choice.in_words()} was no JSON"})


def _may_be_the_form(error: ProviderError) -> bool:
    return isinstance(error, ItemRefused) or bool(_ABOUT_THE_FORM.search(str(error)))


def _short(error: ProviderError) -> str:
    text = printable(" ".join(str(error).split()))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} ..."
