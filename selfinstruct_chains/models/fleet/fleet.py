"""Who asks which worker of a cluster, has one on each node, and replaces those that die."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from selfinstruct_chains.errors import ConfigError, ProviderError
from selfinstruct_chains.models.faults import Fault
from selfinstruct_chains.models.fleet import rays
from selfinstruct_chains.models.fleet.counts import NodeCount
from selfinstruct_chains.models.fleet.worker import Worker, versions
from selfinstruct_chains.models.outcome import given

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from langchain_core.prompt_values import PromptValue

    from selfinstruct_chains.config import RayConfig
    from selfinstruct_chains.models.fleet.rays import Node
    from selfinstruct_chains.models.fleet.worker import Held
    from selfinstruct_chains.models.outcome import Outcome

POLL = 5.0
"""Seconds between looks at which nodes there are."""
BEGIN = 25
"""Seconds that a worker waits for what others hold on its node."""
SLOW = 120.0
"""Seconds in which its process has to be there: two on a machine that has nothing else to do."""
_SPARE = 8  # calls more than are in flight that a worker has room for: those being cancelled


class Fleet:
    """The workers of a cluster, from `begin` to `end`, each with all of a chain's models.

    Args:
        held: the models.
        settings: which cluster, and what each worker needs.
        most: calls in flight, over all workers.
        note: told what there is to say, a line at a time; it may be another one later.
    """

    def __init__(
        self, held: Sequence[Held], settings: RayConfig, most: int, note: Callable[[str], None] = lambda _: None
    ) -> None:
        self._held = list(held)
        self._settings = settings
        self._most = most
        self.note = note
        self._ours = False
        self._hands: tuple[_Hand, ...] = ()
        self._counts: dict[str, _Count] = {}  # by the node's id
        self._told: set[str] = set()
        self._watch: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Connect, and have a worker on each node that has the room.

        Raises:
            ConfigError: no cluster, another version, no node with the resources, or a node without the package, a key
                or weights: each by its name.
            ProviderError: a worker's model did not start.
        """
        self._ours = await rays.join(self._settings)
        await self._hire()
        self._watch = asyncio.create_task(self._watching())

    async def end(self) -> None:
        """End the workers, and the connection if it was made here."""
        if self._watch:
            self._watch.cancel()
            await asyncio.wait([self._watch])
        self._drop(self._hands)
        if self._ours:
            await rays.leave()

    async def ask(
        self, which: int, prompt: PromptValue, options: dict[str, Any], chosen: dict[str, Any] | None = None
    ) -> Outcome:
        """What comes of one attempt at a call of a model, by the worker that has least to do.

        Args:
            which: the model's place.
            prompt: as the model is given it.
            options: of the call, in the neutral words of `translating`.
            chosen: what is configured in a model of the user's own.
        """
        hand = min(self._hands, key=lambda one: one.in_flight, default=None)
        if hand is None:
            return Fault("no worker of the Ray cluster is alive now")
        hand.in_flight += 1
        count = self._counts[hand.node.id]
        try:
            outcome: Outcome = await rays.asked(hand.worker.ask, which, prompt, options, chosen or {})
        except rays.Gone as gone:
            count.lost += 1
            self._drop([hand])
            return Fault(f"the worker on {hand.node.address} is gone: {gone}")
        finally:
            hand.in_flight -= 1
        count.replies += not isinstance(outcome, Fault)
        return outcome

    def nodes(self) -> list[NodeCount]:
        """How it stands with each node that had a worker, in the order in which they came; from any thread."""
        hands = self._hands
        return [
            NodeCount(
                count.address,
                sum(hand.node.id == node for hand in hands),
                sum(hand.in_flight for hand in hands if hand.node.id == node),
                count.replies,
                count.lost,
            )
            for node, count in list(self._counts.items())
        ]

    async def _hire(self) -> None:
        nodes = self._fitting(await rays.nodes())
        if not nodes:
            raise ConfigError(await self._lacking())
        found = await self._hired(nodes)
        refused = [error for error in found if not isinstance(error, _Hand | _NotBegun)]
        if refused:
            raise refused[0]
        hands, late = _sorted(found)
        if not hands:
            raise ConfigError(str(late[0]))
        for error in late:
            self._tell(str(error))
        self._join(hands)

    async def _watching(self) -> None:
        """Look again and again which nodes there are: to use those that come, and to replace workers that died."""
        while True:
            await asyncio.sleep(POLL)
            with suppress(Exception):  # a cluster that does not answer may answer the next time
                await self._look()

    async def _look(self) -> None:
        nodes = self._fitting(await rays.nodes())
        alive = {node.id for node in nodes}
        self._drop([hand for hand in self._hands if hand.node.id not in alive])
        for found in await self._hired(nodes):
            if isinstance(found, _Hand):
                self._join([found])
            else:
                self._tell(str(found))

    async def _hired(self, nodes: Iterable[Node]) -> list[_Hand | Exception]:
        """A worker more for each that a node lacks, ready, or why it is not."""
        there = [hand.node.id for hand in self._hands]
        wanted = [node for node in nodes for _ in range(self._settings.per_node - there.count(node.id))]
        return await asyncio.gather(*map(self._one, wanted))

    async def _one(self, node: Node) -> _Hand | Exception:
        worker = None
        try:
            await self._room(node)
            worker = rays.hire(Worker, node, self._settings, self._most + _SPARE)
            await self._ready(worker, node)
        except BaseException as error:
            if worker is not None:
                rays.dismiss(worker)
            if isinstance(error, Exception):
                return error  # told by who asked for it
            raise
        return _Hand(worker, node)

    async def _ready(self, worker: Any, node: Node) -> None:
        """Wait until a worker is there and has its models."""
        try:
            compared(await self._begun(worker, node), node)
            notes = given(await rays.asked(worker.hold, self._held))
        except _NotBegun:
            raise
        except ConfigError as error:
            raise ConfigError(f"the worker on {node.address}: {error}") from None
        except ProviderError as error:
            raise ProviderError(f"the worker on {node.address}: {error}") from None
        except rays.Gone as gone:
            raise _unable(node, gone) from None
        for note in notes:
            self._tell(note)

    async def _begun(self, worker: Any, node: Node) -> dict[str, str]:
        """The versions of a worker, when it is there."""
        try:
            async with asyncio.timeout(SLOW):
                found: dict[str, str] = await rays.asked(worker.versions)
                return found
        except TimeoutError:
            raise _NotBegun(f"run.ray: no worker began on {node.address} within {SLOW:.0f} s") from None

    async def _room(self, node: Node) -> None:
        """Wait until nobody else holds what a worker needs there; a worker that died gives it back in a moment."""
        for _ in range(BEGIN):
            if await rays.has_room(node, self._settings):
                return
            await asyncio.sleep(1)
        raise _NotBegun(
            f"run.ray: no worker can begin on {node.address}: it needs {self._needs()}, and others hold them (see "
            "`ray status`)"
        )

    def _fitting(self, nodes: Sequence[Node]) -> list[Node]:
        """Those with room for their workers; a head that others leave free (no cores) is left free."""
        fit = [node for node in nodes if rays.fits(node, self._settings)]
        return [node for node in fit if node.resources.get("CPU")] or fit

    async def _lacking(self) -> str:
        found = "; ".join(
            f"{node.address} has {node.resources.get('CPU', 0):g} cores and {node.resources.get('GPU', 0):g} GPUs"
            for node in await rays.nodes()
        )
        return (
            f"run.ray: no node has room for its {self._settings.per_node} worker(s) (run.ray.per_node), each of which "
            f"needs {self._needs()} (num_cpus, num_gpus): {found}"
        )

    def _needs(self) -> str:
        return f"{self._settings.num_cpus:g} cores and {self._settings.num_gpus:g} GPUs"

    def _join(self, hands: Sequence[_Hand]) -> None:
        for hand in hands:
            self._counts.setdefault(hand.node.id, _Count(hand.node.address))
        self._hands += tuple(hands)

    def _drop(self, hands: Sequence[_Hand]) -> None:
        """Ask them no more; each of the calls that one was at comes here with it."""
        gone = [hand for hand in hands if hand in self._hands]
        self._hands = tuple(hand for hand in self._hands if hand not in gone)
        for hand in gone:
            rays.dismiss(hand.worker)

    def _tell(self, line: str) -> None:
        """Say it once: every node may have it, and a worker that can't begin is tried again and again."""
        if line not in self._told:
            self._told.add(line)
            self.note(line)


class _Hand:
    """A worker that is ready, and how much it is at."""

    def __init__(self, worker: Any, node: Node) -> None:
        self.worker = worker
        self.node = node
        self.in_flight = 0


class _Count:
    def __init__(self, address: str) -> None:
        self.address = address
        self.replies = 0
        self.lost = 0


class _NotBegun(ConfigError):
    """A worker had no room, or no time, to begin; others may have."""


def _sorted(found: Iterable[_Hand | Exception]) -> tuple[list[_Hand], list[Exception]]:
    hands, errors = [], []
    for one in found:
        errors.append(one) if isinstance(one, Exception) else hands.append(one)
    return hands, errors


def _unable(node: Node, gone: rays.Gone) -> _NotBegun:
    """What to say of a worker that died before its first call."""
    return _NotBegun(
        f"the worker on {node.address} did not begin: {gone}; every node needs selfinstruct-chains[ray] "
        f"{versions()['selfinstruct-chains']}, and what the chain's models need"
    )


def compared(found: dict[str, str], node: Node) -> None:
    """See whether a worker on `node` is of the same versions as this process.

    Raises:
        ConfigError: naming what differs.
    """
    for name, here in versions().items():
        if found.get(name) != here:
            raise ConfigError(
                f"the worker on {node.address} has {name} {found.get(name)}, and this machine {here}: install the "
                "same on all"
            )
