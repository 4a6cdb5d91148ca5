"""One start of a run: its parts made, put together, and taken down again."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.config import ROLES
from selfinstruct_chains.errors import RunError, SelfInstructError
from selfinstruct_chains.method.pool import Pool
from selfinstruct_chains.models.prices import price
from selfinstruct_chains.models.registry import patiences
from selfinstruct_chains.run.assembly import (
    as_known_for,
    compose,
    demonstrations,
    in_text_where_needed,
    links,
    role_models,
)
from selfinstruct_chains.run.budget import Budget
from selfinstruct_chains.run.calibrating import calibrate
from selfinstruct_chains.run.callers import callers, disconnect
from selfinstruct_chains.run.drive import Drive
from selfinstruct_chains.run.folder import Folder
from selfinstruct_chains.run.goal import seed_tasks
from selfinstruct_chains.run.hands import unless_stopped
from selfinstruct_chains.run.journalled import Calling, Journalled, JournalledStep
from selfinstruct_chains.run.language import in_language, lexicon_of
from selfinstruct_chains.run.monitor import Monitor
from selfinstruct_chains.run.recall import recall
from selfinstruct_chains.run.settling import Settling, settle
from selfinstruct_chains.run.topics import ask_topics

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
    from pathlib import Path

    from langchain_core.runnables import RunnableConfig

    from selfinstruct_chains.config import ChainConfig, Price, Purpose, Role
    from selfinstruct_chains.method.steps import Links
    from selfinstruct_chains.run.assembly import Composed, RoleModels
    from selfinstruct_chains.run.goal import Goal
    from selfinstruct_chains.run.journal import Journal
    from selfinstruct_chains.run.own import Own
    from selfinstruct_chains.tasks import Task

_HEARTBEAT = 2.0  # seconds between reports for `selfinstruct status`


class Chain(NamedTuple):
    """What `self_instruct` was given."""

    config: ChainConfig
    own: Own
    folder: Path | None = None
    seeds: str | Path | Sequence[Task] | None = None
    monitor: Monitor | None = None


async def start(chain: Chain, goal: Goal, put: Callable[[Task], Awaitable[None]], tracing: RunnableConfig) -> None:
    """Run `chain` until the goal is reached, and `put` each finished task.

    Raises:
        SelfInstructError: it ended before, or can't begin.
    """
    own, seeds = chain.own, seed_tasks(goal, chain.seeds, chain.config)
    chain = chain._replace(config=in_language(chain.config, seeds))
    pool = Pool(chain.config, seeds, own.instruction_filters, lexicon_of(chain.config))
    found = role_models(chain.config, own.models, chain.folder / "llama.log" if chain.folder else None)
    config = in_text_where_needed(chain.config, found, own)
    monitor = chain.monitor or Monitor()
    most = tracing.get("max_concurrency") or config.run.max_concurrency
    async with AsyncExitStack() as stack:
        calls = await stack.enter_async_context(callers(config, found, own, most, monitor))
        found = calls.models
        folder = Folder(chain.folder, config, seeds, own.shaping(tracing.get("configurable") or {}))
        stack.callback(folder.close)
        monitor.begin(goal["n"], folder.journal.usage, prices(chain), folder.notes)
        calls.watched(monitor)
        folder.notes += [*config.notes, *calls.notes, *_about_n(folder, goal["n"])]
        budget = Budget(goal.get("budgets", {}), monitor)
        await stack.enter_async_context(_reporting(folder, monitor))
        stack.push_async_callback(disconnect, found)
        calling = {
            role: Calling(patience, budget, monitor, config.run.seed)
            for role, patience in patiences(found.models, config, most).items()
        }
        settling = Settling(config, found, own, seeds, folder.journal, calling, tracing)
        config = await unless_stopped(found_out(settling, folder.notes.append), monitor)
        if config.topics != chain.config.topics:
            pool = Pool(config, seeds, own.instruction_filters, lexicon_of(config))
        folder.note_found()
        shown = demonstrations(config, seeds)
        folder.notes += shown.notes
        parts = links(config, shown, found.kinds)
        await Drive(
            config,
            goal["n"],
            pool=pool,
            chain=journalled(config, parts, found, own, folder.journal, calling),
            recall=recall(config, parts, folder.journal, own),
            folder=folder,
            monitor=monitor,
            budget=budget,
            tracing=tracing,
        ).run(put)


async def found_out(given: Settling, note: Callable[[str], None]) -> ChainConfig:
    """The chain with all that its file leaves to be found: forms of requests, a threshold, topics. `note` is told.

    Raises:
        ProviderError: a provider refuses, or does not answer.
        RunStopped: the run is ending.
        ConfigError: no topic came.
    """
    config, notes = await settle(given)
    for one in notes:
        note(one)
    config = as_known_for(config, given.found.models)
    config = await calibrate(given._replace(config=config), note)
    return await ask_topics(given._replace(config=config), note)


def journalled(  # noqa: PLR0913, PLR0917 - it is where these meet
    config: ChainConfig,
    parts: Mapping[Role, Links],
    found: RoleModels,
    own: Own,
    journal: Journal,
    calling: Mapping[Role, Calling],
) -> Composed:
    """The method, whose every call is in `journal` before anybody has its reply."""
    models = {role: Journalled(role, journal, found.asked(role), calling[role]) for role in ROLES}
    steps = {role: JournalledStep(role, journal, step, calling[role]) for role, step in own.steps.items()}
    return compose(config, parts, models, own, steps)


def prices(chain: Chain) -> dict[Purpose, Price | None]:
    """What the file's models cost; of the caller's own only the chain file's `price` tells."""
    own = chain.own.models.keys() | chain.own.steps.keys()
    configs = {role: chain.config.model_for(role) for role in ROLES}
    return {role: model.price if role in own else price(model) for role, model in configs.items()}


def _about_n(folder: Folder, n: int) -> list[str]:
    if folder.had <= n:
        return []
    return [f"the folder has {folder.had} finished tasks already; asking for {n} takes none of them away"]


@asynccontextmanager
async def _reporting(folder: Folder, monitor: Monitor) -> AsyncIterator[None]:
    """Leave word of the run in its folder, every two seconds and at its end."""
    ended = asyncio.Event()

    async def beat() -> None:
        while not ended.is_set():
            await asyncio.to_thread(_leave, folder, _word(monitor, "running", ""))  # counted here, written there
            with suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), _HEARTBEAT)

    task = asyncio.create_task(beat())
    state, why = "stopped", "it was cancelled"
    try:
        yield
        state, why = "finished", ""
    except SelfInstructError as error:
        why = str(error)
        raise
    finally:
        monitor.ended = time.time()
        ended.set()
        await asyncio.wait([task])  # cancelled, its thread might still write "running" over the last word
        _leave(folder, _word(monitor, state, why))


def _word(monitor: Monitor, state: str, why: str) -> dict[str, Any]:
    values = {"state": state, "why": why, "pid": os.getpid(), "host": socket.gethostname()}
    times = {"started": round(monitor.started, 1), "updated": round(time.time(), 1)}
    return {**values, **times, **monitor.snapshot()}


def _leave(folder: Folder, word: dict[str, Any]) -> None:
    with suppress(OSError, RunError):  # a full disk is told by whoever writes the journal
        folder.report(word)
