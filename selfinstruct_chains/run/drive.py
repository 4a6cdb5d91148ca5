"""The loop: what to ask next, in what order answers count, when to stop.

Request i is drawn from the pool as it stood when request i - lookahead was committed; replies are committed in order of
their requests, and tasks go out in order of their ids. So the dataset depends on the config, the seeds and the replies,
never on timing. Finishing tasks comes before asking for new ones, but for a small stock of instructions to complete.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

from langchain_core.exceptions import OutputParserException
from langchain_core.runnables.config import merge_configs

from selfinstruct_chains.errors import AcceptanceCollapsed, Interrupted, ItemRefused, RunStopped
from selfinstruct_chains.method import quiet
from selfinstruct_chains.models import loops
from selfinstruct_chains.run import outcomes
from selfinstruct_chains.run.acceptance import Drought
from selfinstruct_chains.run.forecast import Forecast
from selfinstruct_chains.run.hands import GRACE
from selfinstruct_chains.run.journalled import ITEM
from selfinstruct_chains.tasks import Rejection, Task, request_id

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from langchain_core.runnables import Runnable, RunnableConfig

    from selfinstruct_chains.config import ChainConfig
    from selfinstruct_chains.method.pool import Pool, Shown
    from selfinstruct_chains.run.assembly import Composed
    from selfinstruct_chains.run.budget import Budget
    from selfinstruct_chains.run.folder import Folder
    from selfinstruct_chains.run.monitor import Monitor
    from selfinstruct_chains.run.outcomes import Slot
    from selfinstruct_chains.run.recall import Recall

_LEAST_GRACE = 0.25  # seconds; whoever listens to a reply that has come (callbacks) is done with it by then
_GRACE_SHARE = 0.05  # of the time that a run took: that much longer it may take for replies that are paid for anyway
_TICK = 0.2  # seconds between looks at whether an interruption has waited long enough
_COMPLETIONS = 4  # accepted instructions without a task that count like one request without an accepted instruction


class _Done(NamedTuple):
    """What came of a request (`slot` is None), or of completing a candidate."""

    request: int
    slot: Slot | None
    result: Any
    live: bool
    """Whether a model was called; else the journal knew it."""


class Drive:
    """One start of a run, until `n` tasks are finished or a reason to stop comes up."""

    def __init__(  # noqa: PLR0913 - the parts of a run meet here
        self,
        config: ChainConfig,
        n: int,
        *,
        pool: Pool,
        chain: Composed,
        recall: Recall,
        folder: Folder,
        monitor: Monitor,
        budget: Budget,
        tracing: RunnableConfig,
    ) -> None:
        self._run, self._n = config.run, n
        self._pool, self._chain, self._recall = pool, chain, recall
        self._folder, self._monitor, self._budget, self._tracing = folder, monitor, budget, tracing
        self._heard = quiet.heard(tracing)
        self._limit = tracing.get("max_concurrency") or config.run.max_concurrency
        self._forecast = Forecast(config.instructions.ask)
        self._asked = self._finished = 0
        self._shown: dict[int, Shown] = {}  # by requests that are not committed
        self._answered: dict[int, _Done] = {}  # requests that wait for those before them
        self._sizes: list[int] = []  # the pool's size after each committed request
        self._todo: deque[Slot] = deque()  # accepted candidates to complete
        self._line: deque[Slot] = deque()  # committed candidates that have not gone out
        self._running: set[asyncio.Task[_Done]] = set()
        self._arrived: asyncio.Queue[asyncio.Task[_Done] | None] = asyncio.Queue()
        self._barren = Drought()  # requests, in this start, without an accepted instruction
        self._fruitless = Drought()  # accepted instructions, in this start, without a finished task
        self._dry = ""  # why no more requests are made
        self._last = ""  # the id of the last candidate that went out

    async def run(self, put: Callable[[Task], Awaitable[None]]) -> None:
        """Make tasks and `put` each, in order.

        Raises:
            RunStopped: it ended before `n` tasks were finished.
            ProviderError: the provider refuses, or does not answer.
            RunError: the folder can't be written.
        """
        watch, began = asyncio.create_task(self._watch()), time.monotonic()
        try:
            while self._finished < self._n:
                if not self._take_up():
                    if not self._running:
                        raise self._monitor.stopping or AcceptanceCollapsed(self._dry)
                    await self._wait()
                self._commit()
                await self._go_out(put)
                await asyncio.sleep(0)  # a long journal is replayed without a pause otherwise
            self._folder.journal.confirm()
        finally:
            watch.cancel()
            self._budget.close()
            journal = self._folder.journal
            await loops.ended({watch, *self._running}, self._grace(time.monotonic() - began))
            self._monitor.replies_used = journal.found_by + journal.count(up_to=self._last)

    def _take_up(self) -> bool:
        """Start work while hands are free; True as soon as something was settled at once, from the journal."""
        while len(self._running) < self._limit:
            # With less than a round of work in stock, hands would be idle by the time a request is answered.
            if len(self._todo) < self._limit and self._may_ask():
                known = self._request()
            elif self._todo:
                known = self._complete(self._todo.popleft())
            else:
                return False
            if known:
                return True
        return False

    def _may_ask(self) -> bool:
        free = self._asked < len(self._sizes) + self._run.lookahead
        return free and not self._dry and self._forecast.expected(self._asked - len(self._sizes)) < self._n

    def _request(self) -> bool:
        number, behind = self._asked, self._asked - self._run.lookahead
        shown = self._pool.draw(number, self._sizes[behind] if behind >= 0 else 0)
        item, asked = request_id(number), shown.asked
        known = self._recall.request(item, asked)
        if known is None and self._monitor.stopping:
            self._dry = str(self._monitor.stopping)
            return False
        self._asked += 1
        self._shown[number] = shown
        if known is None:
            self._start(number, None, lambda: self._run_step(self._chain.instructions, asked, item))
            return False
        self._settle(_Done(number, None, known, live=False))
        return True

    def _complete(self, slot: Slot) -> bool:
        known = self._recall.completion(slot.id, slot.text)
        if known is not None:
            self._settle(_Done(slot.request, slot, known, live=False))
        elif not self._monitor.stopping:
            self._start(slot.request, slot, lambda: self._run_step(self._chain.complete, slot.text, slot.id))
        return known is not None

    def _run_step(self, chain: Runnable[Any, Any], value: Any, item: str) -> Coroutine[Any, Any, Any]:
        config = merge_configs(self._tracing, {"metadata": {ITEM: item}})
        return chain.ainvoke(value, config) if self._heard else quiet.evaluate(chain, value, config)

    def _start(self, request: int, slot: Slot | None, work: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        async def job() -> _Done:
            try:
                return _Done(request, slot, await work(), live=True)
            except (OutputParserException, ItemRefused) as failure:
                return _Done(request, slot, failure, live=True)

        task = asyncio.create_task(job())
        self._running.add(task)
        task.add_done_callback(self._arrived.put_nowait)

    async def _watch(self) -> None:
        """Wake the loop when an interrupted run has waited long enough for its calls in flight."""
        while not isinstance(self._monitor.stopping, Interrupted):  # noqa: ASYNC110 - any thread may stop it
            await asyncio.sleep(_TICK)
        await asyncio.sleep(GRACE)
        self._arrived.put_nowait(None)

    def _grace(self, took: float) -> float:
        """Seconds for the calls in flight: what their replies cost is due, and a larger n has use for them."""
        if isinstance(self._monitor.stopping, Interrupted):
            return _LEAST_GRACE  # they had theirs
        return min(GRACE, max(_LEAST_GRACE, _GRACE_SHARE * took))

    async def _wait(self) -> None:
        task = await self._arrived.get()
        if task is None:
            raise self._monitor.stopping or RunStopped("stopped")
        self._running.discard(task)
        try:
            self._settle(task.result())
        except RunStopped as stopped:
            self._monitor.stop(stopped)

    def _settle(self, done: _Done) -> None:
        if done.slot is None:
            self._answered[done.request] = done
            return
        outcomes.settle(done.slot, done.result, self._folder.journal)
        done.slot.live = done.live
        self._forecast.completed(good=done.slot.good)

    def _commit(self) -> None:
        while (done := self._answered.pop(len(self._sizes), None)) is not None:
            slots = outcomes.commit(done.request, done.result, self._shown.pop(done.request), self._pool)
            accepted = [slot for slot in slots if slot.accepted]
            self._line += slots
            self._todo += accepted
            self._sizes.append(self._pool.generated)
            self._forecast.committed(len(accepted))
            if done.live:
                self._barren.add([one for slot in slots for one in slot.outcome], good=bool(accepted))
        if self._barren.length >= self._run.give_up_after and not self._dry:
            # What is accepted is still completed.
            self._dry = self._barren.told("requests gave no new instruction")

    async def _go_out(self, put: Callable[[Task], Awaitable[None]]) -> None:
        while self._line and self._line[0].settled and self._finished < self._n:
            slot = self._line.popleft()
            self._last = slot.id
            self._monitor.leave(slot.request, accepted=slot.accepted)
            for output in slot.outcome:
                if isinstance(output, Rejection):
                    self._folder.reject(output)
                    self._monitor.reject(output)
                else:
                    self._folder.task(output)
                    self._monitor.finish(output, new=slot.live)
                    self._finished += 1
                    await put(output)
            self._check_fruit(slot)

    def _check_fruit(self, slot: Slot) -> None:
        if slot.accepted and slot.live:
            self._fruitless.add(slot.outcome, good=slot.good)
        if self._fruitless.length >= _COMPLETIONS * self._run.give_up_after:
            self._monitor.stop(AcceptanceCollapsed(self._fruitless.told("instructions got no usable instance")))
