"""The workers of a cluster: who asks which, what becomes of a call there, and what is wrong with a cluster."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from langchain_core.prompt_values import StringPromptValue

from selfinstruct_chains.config import RayConfig
from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.files.chain import load_config
from selfinstruct_chains.models.faults import Fault
from selfinstruct_chains.models.fleet.fleet import Fleet
from selfinstruct_chains.models.fleet.worker import Held
from selfinstruct_chains.models.outcome import Answer, Fatal
from selfinstruct_chains.models.own import own_model
from selfinstruct_chains.testing.server import ScriptedServer
from tests.ray import parts
from tests.ray.conftest import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.ray.conftest import Nodes

pytestmark = [pytest.mark.ray, pytest.mark.timeout(280)]
PROMPT = StringPromptValue(text="Say hello.")
MODEL = load_config("openai").model


def held(**values: object) -> Held:
    """A model of the chain file."""
    return Held(MODEL.model_copy(update={"base_url": "http://127.0.0.1:9/v1", **values}))


@asynccontextmanager
async def fleet(nodes: Nodes, *models: Held, **settings: object) -> AsyncIterator[Fleet]:
    """Workers that hold `models`."""
    made = Fleet(models, RayConfig(address=nodes.address, **settings), 16)
    try:
        await made.begin()
        yield made
    finally:
        await made.end()


async def test_models_of_ones_own_answer_in_the_workers(nodes):
    """Each call goes to the worker that has least to do; an exit or a bug there is an outcome, and it goes on."""
    own = [Held(MODEL, own_model(part)) for part in (parts.PID, parts.EXIT, parts.BUG)]
    async with fleet(nodes, *own) as workers:
        answers = await asyncio.gather(*(workers.ask(0, PROMPT, {}) for _ in range(16)))
        left = await workers.ask(1, PROMPT, {})
        broken = await workers.ask(2, PROMPT, {})
        again = await workers.ask(0, PROMPT, {})

    pids = [answer.message.text for answer in answers]
    assert sorted(pids.count(pid) for pid in set(pids)) == [8, 8]
    assert str(os.getpid()) not in pids
    assert (left.kind, "SystemExit: 3" in left.text) == ("broken", True)
    assert isinstance(broken, Fatal)
    assert "ZeroDivisionError: by zero" in broken.text
    assert isinstance(again, Answer)


async def test_a_cancelled_call_is_cancelled_in_its_worker(nodes):
    """The server sees its caller hang up long before the reply would be there; the worker goes on with others."""
    with ScriptedServer(latency=100) as slow:
        async with fleet(nodes, held(base_url=slow.base_url), Held(MODEL, own_model(parts.PID))) as workers:
            call = asyncio.create_task(workers.ask(0, PROMPT, {}))
            await until(lambda: slow.counts.in_flight)
            call.cancel()
            assert await until(lambda: not slow.counts.in_flight, 30) < 30
            assert [one.in_flight for one in workers.nodes()] == [0, 0]
            answers = await asyncio.gather(*(workers.ask(1, PROMPT, {}) for _ in range(4)))

    assert {type(answer) for answer in answers} == {Answer}


async def test_a_node_that_joins_is_used_and_one_that_goes_is_left(nodes):
    """Without a word to anybody; a worker that died is replaced."""
    async with fleet(nodes, Held(MODEL, own_model(parts.PID))) as workers:

        def there(*wanted: int) -> bool:
            return [one.workers for one in workers.nodes()] == list(wanted)

        node = nodes.add()
        assert await until(lambda: there(1, 1, 1), 60) < 60
        os.kill(int((await workers.ask(0, PROMPT, {})).message.text), 9)
        outcomes = await asyncio.gather(*(workers.ask(0, PROMPT, {}) for _ in range(9)))
        assert Fault in map(type, outcomes)
        assert not there(1, 1, 1)
        assert await until(lambda: there(1, 1, 1), 60) < 60
        nodes.remove(node)
        assert await until(lambda: there(1, 1, 0), 60) < 60


@pytest.mark.parametrize(
    ("model", "settings", "told"),
    [
        (held(api_key_env="NOT_THERE"), {}, r"the worker on 127\.0\.0\.1: .*variable NOT_THERE is not set"),
        (held(provider="embedded", name="/not/there.gguf"), {}, r"the worker on 127\.0\.0\.1: .*/not/there\.gguf"),
        (held(), {"num_gpus": 1}, r"no node has room .*needs 0 cores and 1 GPUs .*127\.0\.0\.1 has 1 cores and 0 GPUs"),
        (held(), {"num_cpus": 1, "per_node": 2}, r"no node has room for its 2 worker"),
    ],
)
async def test_what_workers_lack_is_named_before_the_first_call(nodes, model, settings, told):
    """A key, weights, a GPU, cores: in one line, within half a minute."""
    began = time.monotonic()
    with pytest.raises(ConfigError, match=told) as refused:
        async with fleet(nodes, model, **settings):
            pass

    assert "\n" not in str(refused.value)
    assert time.monotonic() - began < 60  # it is 30 on a machine that has nothing else to do


async def test_cores_that_others_hold(nodes):
    """A worker that has to wait for its resources is given up, with what it waits for."""
    async with fleet(nodes, held(), num_cpus=1):
        second = Fleet([held()], RayConfig(address=nodes.address, num_cpus=1), 16)
        with pytest.raises(
            ConfigError, match=r"no worker can begin on 127\.0\.0\.1: it needs 1 cores .*others hold them"
        ):
            await second.begin()
        await second.end()


@pytest.mark.parametrize("address", ["127.0.0.1:{port}", "auto"])
async def test_where_there_is_no_cluster(monkeypatch, tmp_path, unused_tcp_port, address):
    """An address where nothing listens, and a machine that belongs to no cluster, are told at once."""
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    alone = Fleet([held()], RayConfig(address=address.format(port=unused_tcp_port)), 16)

    with pytest.raises(ConfigError, match=r"run\.ray\.address: .*(no Ray cluster at 127|belongs to no Ray cluster)"):
        await alone.begin()
    await alone.end()
