"""The loop's contract: order, exactly N, nothing lost, it stops (DESIGN.md section 6)."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter
from contextlib import aclosing, closing, suppress
from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains import Monitor, self_instruct
from selfinstruct_chains.errors import (
    AcceptanceCollapsed,
    BudgetReached,
    ConfigError,
    DataError,
    Interrupted,
    RunError,
    RunStopped,
)
from selfinstruct_chains.run.journal import Journal
from selfinstruct_chains.run.overview import look
from selfinstruct_chains.tasks import id_order
from selfinstruct_chains.testing import Reply, ScriptedChat, scripted_author
from tests.run.scripts import Author, config, entries, files

if TYPE_CHECKING:
    from pathlib import Path


async def grow(folder: Path | None, n: int, author: Author | None = None, **overrides: object) -> list[str]:
    """The ids of the tasks of a run."""
    chain = self_instruct(config(**overrides), folder, models=(author or Author()).model)
    return [task.id for task in await chain.ainvoke({"n": n})]


@pytest.mark.parametrize(("concurrency", "slow"), [(1, 0.0), (2, 0.002), (7, 0.01), (64, 0.01)])
async def test_the_dataset_does_not_depend_on_timing(tmp_path: Path, concurrency: int, slow: float) -> None:
    """Any number of calls in flight and any latencies give the same files, poor replies included."""
    await grow(tmp_path / "plain", 40, Author(poor=0.15), run__max_concurrency=8)
    author = Author(slow=slow, poor=0.15, seed=concurrency)
    await grow(tmp_path / "other", 40, author, run__max_concurrency=concurrency)

    assert files(tmp_path / "other") == files(tmp_path / "plain")
    assert author.most <= concurrency


async def test_exactly_n_tasks_with_instances(tmp_path: Path) -> None:
    """A run gives exactly n finished tasks, each with an instance, ids ascending, and no call is asked twice."""
    author = Author(slow=0.005)
    ids = await grow(tmp_path, 25, author)
    tasks = [json.loads(line) for line in (tmp_path / "tasks.jsonl").read_text().splitlines()]

    assert len(ids) == 25
    assert [task["id"] for task in tasks] == ids == sorted(ids)
    assert all(task["instances"] for task in tasks)
    assert {task["is_classification"] for task in tasks} == {True, False}
    assert set(author.calls.values()) == {1}


async def test_a_smaller_run_is_a_prefix_of_a_larger_one(tmp_path: Path) -> None:
    """The files of n = 15 are a prefix of those of n = 30, made apart or by extending the same folder."""
    await grow(tmp_path / "small", 15)
    small = files(tmp_path / "small")
    await grow(tmp_path / "large", 30)
    large = files(tmp_path / "large")
    await grow(tmp_path / "small", 30)

    assert files(tmp_path / "small") == large
    assert all(whole.startswith(part) for whole, part in zip(large, small, strict=True))


async def test_a_smaller_n_changes_nothing(tmp_path: Path) -> None:
    """Asking a folder for fewer tasks than it has gives the first ones, calls nothing, and leaves the files alone."""
    ids = await grow(tmp_path, 20)
    before, author = files(tmp_path), Author()

    assert await grow(tmp_path, 5, author) == ids[:5]
    assert files(tmp_path) == before
    assert not author.calls


async def test_a_finished_run_is_replayed_without_a_call(tmp_path: Path) -> None:
    """Starting a finished run again calls nothing and gives the same tasks and rejections, poor replies included."""
    ids, first = await grow(tmp_path, 30, Author(poor=0.3)), files(tmp_path)
    (tmp_path / "tasks.jsonl").unlink()
    (tmp_path / "rejected.jsonl").unlink()
    author = Author()

    assert await grow(tmp_path, 30, author) == ids
    assert files(tmp_path) == first
    assert not author.calls


@pytest.mark.parametrize("seed", range(6))
async def test_interrupted_anywhere_it_goes_on_without_a_trace(tmp_path: Path, seed: int) -> None:
    """A run that is cancelled several times and resumed equals an uninterrupted one, and repeats no journalled call."""
    await grow(tmp_path / "whole", 30, Author(poor=0.15))
    for start in range(5):
        with suppress(TimeoutError):
            async with asyncio.timeout(0.03 + 0.02 * seed):
                await grow(tmp_path / "torn", 30, Author(slow=0.01, poor=0.15, seed=10 * seed + start))
    await grow(tmp_path / "torn", 30, Author(slow=0.01, poor=0.15))
    lines = [json.loads(line) for line in (tmp_path / "torn" / "journal.jsonl").read_bytes().splitlines()]

    assert files(tmp_path / "torn") == files(tmp_path / "whole")
    assert len(lines) == len({line["key"] for line in lines})


async def test_every_drop_has_a_rule_and_the_counts_add_up(tmp_path: Path) -> None:
    """Candidates in the journal's replies up to task N = rejected + accepted; accepted = finished + dropped tasks."""
    monitor = Monitor()
    chain = self_instruct(config(), tmp_path, models=Author(poor=0.2).model, monitor=monitor)
    tasks = await chain.ainvoke({"n": 30})
    rejected = [json.loads(line) for line in (tmp_path / "rejected.jsonl").read_text().splitlines()]

    assert all(drop["rule"] and drop["stage"] for drop in rejected)
    assert all(drop["score"] >= 0.7 and drop["nearest"] for drop in rejected if drop["rule"] == "novelty")
    assert Counter((drop["stage"], drop["rule"]) for drop in rejected) == monitor.rejected
    stages = Counter(drop["stage"] for drop in rejected)
    assert monitor.accepted == len(tasks) + stages["task"]
    assert monitor.candidates == monitor.accepted + stages["instruction"]
    with closing(Journal(tmp_path / "journal.jsonl")) as journal:
        assert monitor.calls == len(entries(tmp_path))
        assert monitor.replies_used == journal.count(up_to=tasks[-1].id)


async def test_there_is_always_work_in_stock(tmp_path: Path) -> None:
    """The next instructions are asked for while accepted ones still wait to be completed, so that no hand is idle."""
    asked: list[str] = []

    async def script(prompt: str, seed: int | None) -> Reply:
        begins = "Decide in the same way" in prompt
        asked.append("classification" if begins else "instances" if "Task: " in prompt else "request")
        await asyncio.sleep(0.002)
        return scripted_author(prompt, seed)

    chain = self_instruct(config(run__max_concurrency=4, run__lookahead=2), tmp_path, models=ScriptedChat(reply=script))
    tasks = await chain.ainvoke({"n": 40})
    third = [place for place, what in enumerate(asked) if what == "request"][2]
    accepted = [task for task in tasks if task.provenance and task.provenance.request < 2]

    assert asked[:third].count("classification") < len(accepted)


async def test_a_poor_reply_is_asked_for_once_more_and_then_dropped(tmp_path: Path) -> None:
    """Empty replies get a second attempt with another seed; two of them drop the candidate with its reason."""
    asked: Counter[str] = Counter()

    def script(prompt: str, seed: int | None) -> Reply:
        if "Decide in the same way" in prompt:
            asked[prompt] += 1
            return Reply(
                "" if asked[prompt] == 1 or "for a beginner" in prompt.rsplit("Task:", maxsplit=1)[-1] else "No"
            )
        return scripted_author(prompt, seed)

    chain = self_instruct(config(), tmp_path, models=ScriptedChat(reply=script))
    tasks = await chain.ainvoke({"n": 10})
    rejected = [json.loads(line) for line in (tmp_path / "rejected.jsonl").read_text().splitlines()]

    assert set(asked.values()) == {2}
    assert not any("for a beginner" in task.instruction for task in tasks)
    dropped = [drop for drop in rejected if drop["stage"] == "task"]
    assert dropped
    assert {drop["rule"] for drop in dropped} == {"unreadable"}
    assert tasks[0].provenance
    assert tasks[0].provenance.calls[1].endswith("/2")


async def test_a_truncated_reply_keeps_its_whole_items(tmp_path: Path) -> None:
    """A reply cut by length gives its whole instructions; the cut one is in rejected.jsonl."""

    def script(prompt: str, seed: int | None) -> Reply:
        reply = scripted_author(prompt, seed)
        if "Task: " in prompt:
            return reply
        return Reply("\n".join(reply.text.splitlines()[:3]) + "\n12. Cut off in the mid", "length")

    await self_instruct(config(), tmp_path, models=ScriptedChat(reply=script)).ainvoke({"n": 4})
    rejected = [json.loads(line) for line in (tmp_path / "rejected.jsonl").read_text().splitlines()]
    cut = [drop for drop in rejected if drop["rule"] == "truncated"]

    assert cut
    assert {drop["text"] for drop in cut} == {"Cut off in the mid"}
    assert {drop["id"][-3:] for drop in cut} == {"-03"}


async def test_a_second_attempt_has_twice_the_room() -> None:
    """The second attempt at a reply that was cut to nothing asks for twice as many tokens as the model's own limit."""
    limits: list[int] = []

    class Limited(ScriptedChat):
        max_tokens: int | None = None

        async def _agenerate(self, messages, stop=None, run_manager=None, **kwargs):
            limits.append(kwargs.get("max_tokens", 100))
            return await super()._agenerate(messages, stop, run_manager, **kwargs)

    def script(prompt: str, seed: int | None) -> Reply:
        return scripted_author(prompt, seed) if limits[-1] == 200 else Reply("9. Cut", "length")

    author = ScriptedChat(reply=scripted_author)
    models = {"instructions": Limited(reply=script, max_tokens=100), "classification": author}
    chain = self_instruct(config(), models=models | {"input_first": author, "output_first": author})
    await chain.ainvoke({"n": 2})

    assert set(limits) == {100, 200}


async def test_a_budget_of_calls_is_kept_exactly(tmp_path: Path) -> None:
    """A budget of calls stops the run at that many replies, in this start or over several, and the run can go on."""
    chain = self_instruct(config(), tmp_path, models=Author(slow=0.005).model)
    for budget in (10, 10, 25):
        with pytest.raises(BudgetReached, match=f"budget of {budget} calls"):
            await chain.ainvoke({"n": 40, "budgets": {"calls": budget}})
        assert len(entries(tmp_path)) == budget
    await grow(tmp_path / "whole", 40)

    assert await grow(tmp_path, 40)
    assert files(tmp_path) == files(tmp_path / "whole")


async def test_a_budget_of_tokens_is_passed_by_calls_in_flight_at_most(tmp_path: Path) -> None:
    """A token budget stops new calls as soon as it is reached."""
    monitor = Monitor()
    chain = self_instruct(config(run__max_concurrency=4), tmp_path, models=Author().model, monitor=monitor)
    with pytest.raises(BudgetReached, match="tokens"):
        await chain.ainvoke({"n": 40, "budgets": {"tokens": 20_000}})
    sizes = [entry.usage["total_tokens"] for entry in entries(tmp_path) if entry.usage]

    assert sum(sizes[:-4]) < 20_000 <= sum(sizes)


async def test_a_budget_of_minutes_stops_the_run() -> None:
    """A run whose minutes are used up stops, with the tasks it has."""
    chain = self_instruct(config(), models=Author(slow=0.02).model)
    with pytest.raises(BudgetReached, match="minutes") as stopped:
        await chain.ainvoke({"n": 10_000, "budgets": {"minutes": 0.02}})

    assert stopped.value.tasks
    assert stopped.value.exit_code == 3


async def test_it_stops_when_nothing_new_comes() -> None:
    """A model that repeats itself ends the run after a window of requests, with what there is."""
    same = "9. Explain the tides to a sailor.\n10. Describe the taste of rain in five words."

    def script(prompt: str, seed: int | None) -> Reply:
        return scripted_author(prompt, seed) if "Task: " in prompt else Reply(same)

    chain = self_instruct(config(run__give_up_after=5), models=ScriptedChat(reply=script))
    with pytest.raises(AcceptanceCollapsed, match=r"the last \d requests") as stopped:
        await chain.ainvoke({"n": 10})

    assert [task.instruction for task in stopped.value.tasks] == [line.split(". ", 1)[1] for line in same.splitlines()]


async def test_it_stops_when_no_instruction_gets_an_instance() -> None:
    """A model that writes instructions but no instance ends the run too."""

    def script(prompt: str, seed: int | None) -> Reply:
        return Reply("") if "Write one or more examples" in prompt else scripted_author(prompt, seed)

    chain = self_instruct(config(run__give_up_after=3), models=ScriptedChat(reply=script))
    with pytest.raises(AcceptanceCollapsed, match="no usable instance"):
        await chain.ainvoke({"n": 1000})


async def test_stopping_lets_calls_in_flight_finish(tmp_path: Path) -> None:
    """After `Monitor.stop` no new call is made, and the replies of those in flight are kept."""
    author, monitor = Author(slow=0.05), Monitor()
    chain = self_instruct(config(), tmp_path, models=author.model, monitor=monitor)
    asked = 0
    with pytest.raises(Interrupted):  # noqa: PT012 - it is raised by one of the steps
        async for _ in chain.astream({"n": 100}):
            monitor.stop(Interrupted("stopped by a test"))
            asked = asked or author.calls.total()

    assert len(entries(tmp_path)) == author.calls.total() == asked


async def test_a_folder_of_another_configuration_is_refused(tmp_path: Path) -> None:
    """Another temperature on the same folder is refused with the key; another concurrency is not."""
    await grow(tmp_path, 3)
    with pytest.raises(RunError, match=r"instructions\.model\.temperature"):
        await grow(tmp_path, 3, instructions__model__temperature=0.3)

    assert await grow(tmp_path, 4, run__max_concurrency=2, run__patience=5)


async def test_a_second_process_is_kept_out(tmp_path: Path) -> None:
    """A folder in which a run is at work is refused to another one."""
    chain = self_instruct(config(), tmp_path, models=Author(slow=0.01).model)
    async with aclosing(chain.astream({"n": 10})) as stream:
        await anext(stream)
        with pytest.raises(RunError, match="another process"):
            await grow(tmp_path, 10)


async def test_a_folder_with_other_things_is_refused(tmp_path: Path) -> None:
    """A folder that holds something and no manifest is not taken for a run folder."""
    (tmp_path / "thesis.docx").write_text("important")
    with pytest.raises(RunError, match=r"thesis\.docx"):
        await grow(tmp_path, 3)


async def test_a_torn_last_line_is_cut_off_and_asked_again(tmp_path: Path) -> None:
    """A journal that ends in the middle of a line is repaired, and the run goes on."""
    await grow(tmp_path / "run", 10)
    whole = files(tmp_path / "run")
    journal = tmp_path / "run" / "journal.jsonl"
    torn = journal.read_bytes()[: journal.stat().st_size // 2]
    journal.write_bytes(torn)
    author = Author()
    await grow(tmp_path / "run", 10, author)

    assert author.calls
    assert journal.read_bytes().startswith(torn[: torn.rindex(b"\n") + 1])
    assert files(tmp_path / "run") == whole


async def test_a_line_damaged_in_the_middle_is_named_and_kept(tmp_path: Path) -> None:
    """A damaged line in the middle of the journal is an error with its number; nothing is changed."""
    await grow(tmp_path, 5)
    journal = tmp_path / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    lines[2] = b'{"v": 1, "key"\n'
    journal.write_bytes(b"".join(lines))
    with pytest.raises(RunError, match=r"journal\.jsonl, line 3: damaged"):
        await grow(tmp_path, 5)

    assert journal.read_bytes() == b"".join(lines)


async def test_too_few_seeds_are_refused_with_the_way_out() -> None:
    """Fewer seeds than a request shows are refused before any call, and the message says what to set."""
    from selfinstruct_chains import read_seeds
    from selfinstruct_chains.files import shipped

    author = Author()
    seeds = read_seeds(shipped.SEEDS)[:4]
    with pytest.raises(DataError, match=r"--set instructions\.seed_examples=4"):
        await self_instruct(config(), models=author.model).ainvoke({"n": 1, "seeds": seeds})

    assert not author.calls
    chain = self_instruct(config(instructions__seed_examples=4), models=author.model)
    assert len(await chain.ainvoke({"n": 1, "seeds": seeds})) == 1


@pytest.mark.parametrize("goal", [{}, {"n": 0}, {"n": "many"}, {"n": 1, "sedes": []}])
async def test_a_wrong_goal_is_refused(goal: dict[str, object]) -> None:
    """A goal without n, with a bad n or with an unknown key is a ConfigError that names the key."""
    with pytest.raises(ConfigError, match=r"goal: (n|sedes)"):
        await self_instruct(config(), models=Author().model).ainvoke(goal)  # type: ignore[arg-type]


async def test_the_callers_own_filters_apply() -> None:
    """Filters given in Python drop instructions and instances under their own rule's name."""
    monitor = Monitor()
    chain = self_instruct(
        config(),
        models=Author().model,
        instruction_filters=[lambda text: "no_poems" if "poem" in text else None],
        instance_filters=[lambda _, instance: "no_taxes" if "tax" in instance.output else None],
        monitor=monitor,
    )
    tasks = await chain.ainvoke({"n": 20})

    assert not any("poem" in task.instruction for task in tasks)
    assert not any("tax" in instance.output for task in tasks for instance in task.instances)
    assert {("instruction", "no_poems"), ("instance", "no_taxes")} <= set(monitor.rejected)


async def test_every_stop_is_one_kind_of_error() -> None:
    """Budgets, collapse and interruption share RunStopped, with exit codes of their own."""
    codes = [
        (error.exit_code, issubclass(error, RunStopped)) for error in (BudgetReached, AcceptanceCollapsed, Interrupted)
    ]

    assert codes == [(3, True), (4, True), (130, True)]


async def test_a_reply_of_more_than_a_hundred_instructions_counts_in_order(tmp_path: Path) -> None:
    """Candidates 99 and 100 of one reply go out in their order, and a look from outside counts as the run itself."""
    words = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(130)]
    lines = "\n".join(f"{at}. Explain {text[:9]} {text[9:20]} {text[20:30]} now." for at, text in enumerate(words, 9))

    def author(prompt: str, seed: int | None) -> Reply:
        return scripted_author(prompt, seed) if "Task: " in prompt else Reply(lines)

    monitor = Monitor()
    chain = self_instruct(config(), tmp_path, models=ScriptedChat(reply=author), monitor=monitor)
    tasks = await chain.ainvoke({"n": 120})

    assert [task.id for task in tasks] == sorted((task.id for task in tasks), key=id_order)
    assert monitor.replies_used == look(tmp_path).monitor.replies_used > 200
