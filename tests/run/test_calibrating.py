"""A threshold belongs to a model: for another one a run fits its own on the seeds, says so, and keeps it."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_openai import ChatOpenAI

from selfinstruct_chains import ChainConfig, Instance, Task, build_steps, load_config, read_seeds, self_instruct
from selfinstruct_chains.cli.figures import figures
from selfinstruct_chains.errors import BudgetReached, Interrupted, RunError
from selfinstruct_chains.files import shipped
from selfinstruct_chains.run.calibrating import asked_about, threshold_line
from selfinstruct_chains.run.estimate import from_defaults
from selfinstruct_chains.run.manifest import run_fingerprint
from selfinstruct_chains.run.monitor import Monitor
from selfinstruct_chains.run.overview import look
from selfinstruct_chains.run.refilter import refilter
from selfinstruct_chains.run.repair import repair
from tests.run.picky import Body, Picky, Refusal

pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
SEEDS = read_seeds(shipped.SEEDS)
ANOTHERS = {"value": -3.0, "fitted_for": "another"}


def seeds(yes: int, no: int) -> list[Task]:
    """So many shipped ones of either kind."""
    kinds = [[task for task in SEEDS if task.is_classification is kind] for kind in (True, False)]
    return [*kinds[0][:yes], *kinds[1][:no]]


FEW = seeds(14, 30)
FIRST = "one is fitted first, by a short call for each of 44 seeds"
NOWHERE = "http://127.0.0.1:9/v1"
CLASSIFICATION = {task.instruction for task in SEEDS if task.is_classification}


def last_task(body: Body) -> str:
    """The instruction that a request is about."""
    return str(body["messages"][-1]["content"]).rsplit("Task: ", 1)[-1].split("\n", 1)[0]


def is_classification(body: Body) -> bool:
    """Whether a request asks what kind an instruction is."""
    return bool(body.get("logprobs"))


class Odd(Picky):
    """Says log-odds of 5 of classification tasks and of 3 of others: all are a yes to another model's threshold."""

    def __init__(self, refuse: Callable[[Body], Refusal] = lambda _: None, *, silent: bool = False) -> None:
        super().__init__(refuse)
        self.silent = silent

    def envelope(self, reply: Any, body: Body) -> Body:
        """With log-probabilities, unless it is silent."""
        found = super().envelope(reply, body)
        if is_classification(body) and not self.silent:
            last = last_task(body)
            odds = 5.0 if last in CLASSIFICATION or last.startswith("Decide whether") else 3.0
            yes = 1 / (1 + math.exp(-odds))
            top = [{"token": "Yes", "logprob": math.log(yes)}, {"token": "No", "logprob": math.log(1 - yes)}]
            found["choices"][0]["logprobs"] = {"content": [{**top[0], "top_logprobs": top}]}
        return found


def chain(server: Picky | str, threshold: Any = ANOTHERS, **values: Any) -> ChainConfig:
    """The openai chain at a server of one's own, deciding by log-odds."""
    url = server if isinstance(server, str) else server.base_url
    overrides = {key.replace("__", "."): value for key, value in values.items()}
    model = {"model.base_url": url, "model.name": "m", "model.extra": {}, "model.system_role": True}
    outputs = {f"instances.{form}_first.output": "json_schema" for form in ("input", "output")}
    decide = {"classification.decide": "logprob", "classification.threshold": threshold}
    return load_config("openai", {**model, **outputs, **decide, "run.lookahead": 2, **overrides})


async def run(config: ChainConfig, folder: Path | None, n: int = 2, **given: Any) -> Monitor:
    """Make a run of `n` tasks."""
    monitor, budgets = given.pop("monitor", None) or Monitor(), given.pop("budgets", {})
    await self_instruct(config, folder, monitor=monitor, **{"seeds": FEW, **given}).ainvoke(
        {"n": n, "budgets": budgets}
    )
    return monitor


def lines(folder: Path) -> list[Any]:
    """A journal's."""
    return [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]


def outcome(folder: Path) -> Any:
    """What was found."""
    return next(line["value"] for line in lines(folder) if line["key"] == "found/classification/100")


def calls(folder: Path) -> list[str]:
    """The keys of the seeds' calls."""
    return [line["key"] for line in lines(folder) if line["key"].startswith("found/") and line["kind"] == "reply"]


async def test_another_models_threshold_is_not_used(tmp_path: Path) -> None:
    """All log-odds are above the file's number; the one that is fitted parts the kinds, and is said."""
    async with Odd() as server:
        monitor = await run(chain(server), tmp_path / "run", n=20)

    found = outcome(tmp_path / "run")
    assert found["threshold"] == pytest.approx(4.0)
    assert (found["classification"], found["others"], found["accuracy"]) == (14, 30, 1.0)
    assert 0 < monitor.classification < 20
    assert [note.partition(", since")[0] for note in monitor.notes] == [
        f"classification: the chain file's threshold (-3) was fitted for another; {FIRST}",
        "classification: threshold: 4.00, fitted on 44 seeds (14 of them classification)",
    ]
    assert "balanced accuracy 1.00 (0.88 to 1.00) on seeds that it was not fitted on" in monitor.notes[1]


async def test_no_seed_is_shown_with_its_answer(tmp_path: Path) -> None:
    """A seed that the run's own demonstrations show is asked about with others; the rest with those of the run."""
    async with Odd() as server:
        await run(chain(server), tmp_path / "run")
        asked = [body for body in server.bodies if is_classification(body)][:44]

    prompts = [str(body["messages"][-1]["content"]) for body in asked]
    assert len({last_task(body) for body in asked}) == 44
    for body, prompt in zip(asked, prompts, strict=True):
        assert prompt.count(f"Task: {last_task(body)}\n") == 1
    heads = [prompt.rsplit("Task: ", 1)[0] for prompt in prompts]
    assert 13 <= max(map(heads.count, heads)) < 44


async def test_nothing_is_asked_twice(tmp_path: Path) -> None:
    """A second start says the same, asks no seed again, and decides by the same threshold."""
    async with Odd() as server:
        first = await run(chain(server), tmp_path / "run")
        before = len(server.bodies)
        again = await run(chain(server), tmp_path / "run", n=4)
        new = server.bodies[before:]

    assert len(calls(tmp_path / "run")) == 44
    assert not CLASSIFICATION & {last_task(body) for body in new if is_classification(body)}
    assert first.notes[1:] == [note for note in again.notes if "threshold" in note]


async def test_a_budget_holds_and_the_rest_is_asked_later(tmp_path: Path) -> None:
    """What was asked before a stop is not asked again."""
    async with Odd() as server:
        with pytest.raises(BudgetReached):
            await run(chain(server), tmp_path / "run", budgets={"calls": 20})
        assert len(calls(tmp_path / "run")) == len(server.bodies) == 20
        await run(chain(server), tmp_path / "run")
        asked = [last_task(body) for body in server.bodies if is_classification(body)]

    assert len(calls(tmp_path / "run")) == len(set(calls(tmp_path / "run"))) == 44
    assert len(set(asked[:44])) == 44


async def test_ctrl_c_while_a_threshold_is_fitted(tmp_path: Path) -> None:
    """What is in flight comes in and is kept, no task is begun, and the next start asks for the rest alone."""
    monitor, asked = Monitor(), []

    def stops(body: Body) -> Refusal:
        asked.append(last_task(body))
        if len(asked) == 12:
            monitor.interrupt(Interrupted("by Ctrl-C"))
        return None

    async with Odd(stops) as server:
        with pytest.raises(Interrupted, match="by Ctrl-C"):
            await run(chain(server), tmp_path / "run", monitor=monitor)
        at_the_stop = len(asked)
        assert len(calls(tmp_path / "run")) == at_the_stop < 44
        assert {line["kind"] for line in lines(tmp_path / "run")} == {"reply"}
        await run(chain(server), tmp_path / "run")

    assert len(set(asked[:44])) == 44
    assert len(calls(tmp_path / "run")) == len(set(calls(tmp_path / "run"))) == 44
    assert outcome(tmp_path / "run")["threshold"] == pytest.approx(4.0)


async def test_the_calls_are_of_the_classification_role(tmp_path: Path) -> None:
    """They are counted there, and none of them "ran ahead of the last task"; they don't repeat for more tasks."""
    async with Odd() as server:
        monitor = await run(chain(server, run__max_concurrency=1, run__lookahead=1), tmp_path / "run", n=5)

    used = look(tmp_path / "run")
    assert monitor.replies_used >= 44
    assert used.monitor.replies_used == monitor.replies_used
    assert "classification 49" in figures(monitor)
    assert sum(usage.calls for (role, _), usage in used.used.items() if role == "classification") < 40


@pytest.mark.parametrize("threshold", [-3.0, {"value": -3.0, "fitted_for": "m"}], ids=["a number", "its own model's"])
async def test_a_threshold_of_its_own_is_used_as_it_is(tmp_path: Path, threshold: Any) -> None:
    """A mere number holds for whatever model; one of this model too, and both have one fingerprint."""
    async with Odd() as server:
        config = chain(server, threshold)
        monitor = await run(config, tmp_path / "run")
        assert run_fingerprint(config, SEEDS) == run_fingerprint(chain(server, -3.0), SEEDS)

    assert not monitor.notes
    assert not calls(tmp_path / "run")
    assert monitor.classification == 2


async def test_auto_fits_one_always(tmp_path: Path) -> None:
    """Without a number, for whatever model."""
    async with Odd() as server:
        monitor = await run(chain(server, "auto"), tmp_path / "run")

    assert outcome(tmp_path / "run")["threshold"] == pytest.approx(4.0)
    assert "since the chain file has threshold: auto; balanced" in monitor.notes[1]
    assert json.loads((tmp_path / "run" / "manifest.json").read_text())["shaping"]["classification.threshold"] == "auto"


async def test_too_few_seeds_decide_by_text(tmp_path: Path) -> None:
    """Another model's number is no better than none: what the model writes decides, and that is said."""
    async with Odd() as server:
        monitor = await run(chain(server), tmp_path / "run", seeds=seeds(9, 40))
        assert not any(map(is_classification, server.bodies))

    [note] = [note for note in monitor.notes if "decide" in note]
    assert note == (
        "classification: decide: text, since the chain file's threshold (-3) was fitted for another, and of 49 seeds 9 "
        "are classification tasks; to fit a threshold there have to be 10, and 10 others"
    )


def no_logprobs(body: Body) -> Refusal:
    """Refuses log-probabilities."""
    message = "Unrecognized request argument supplied: logprobs"
    refusal = {"error": {"message": message, "type": "invalid_request_error", "param": "logprobs"}}
    return (400, refusal) if is_classification(body) else None


@pytest.mark.parametrize(
    ("server", "said"),
    [
        (Odd(silent=True), "log-probabilities of yes or no came for 0 of 44 seeds"),
        (Odd(no_logprobs), "and the server gives no log-probabilities ("),
    ],
    ids=["ignored", "refused"],
)
async def test_a_model_without_log_probabilities_decides_by_text(tmp_path: Path, server: Odd, said: str) -> None:
    """The run goes on, in one line, and does not ask for them again."""
    async with server:
        monitor = await run(chain(server), tmp_path / "run")
        await run(chain(server), tmp_path / "run", n=4)

    assert said in monitor.notes[-1]
    assert outcome(tmp_path / "run")["threshold"] is None
    assert not any(
        line["key"].startswith("classification/") and line.get("first_token") for line in lines(tmp_path / "run")
    )
    assert monitor.finished == 2


async def test_replies_are_read_by_the_threshold_that_was_found(tmp_path: Path) -> None:
    """`refilter` decides as the run did."""
    async with Odd() as server:
        await run(chain(server), tmp_path / "run", n=10)

    result = refilter(tmp_path / "run", {}, tmp_path / "again")
    assert (tmp_path / "again" / "tasks.jsonl").read_bytes() == (tmp_path / "run" / "tasks.jsonl").read_bytes()
    assert not result.unanswered


async def test_a_lost_line_of_the_journal_stands_in_the_manifest(tmp_path: Path) -> None:
    """What was found is not found out again, nor taken for granted, when its line of the journal is damaged."""
    folder, key = tmp_path / "run", "found/classification/100"
    async with Odd() as server:
        await run(chain(server), folder)
        journal = (folder / "journal.jsonl").read_bytes().splitlines(keepends=True)
        broken = [line.replace(b'"others": 30', b'"others": 31') for line in journal]
        assert broken != journal
        (folder / "journal.jsonl").write_bytes(b"".join(broken))
        with pytest.raises(RunError):
            await run(chain(server), folder, n=4)
        repair(folder)
        before = len(server.bodies)
        monitor = await run(chain(server), folder, n=4)
        assert not CLASSIFICATION & {last_task(body) for body in server.bodies[before:] if is_classification(body)}

    assert any(f"journal.jsonl had no {key} any more" in note for note in monitor.notes)
    assert outcome(folder)["others"] == 30


async def test_an_own_model_is_another_one(tmp_path: Path) -> None:
    """A model that is brought from Python is asked too, unless it has the name that the threshold was fitted for."""
    async with Odd() as server:
        config = chain(server, {"value": -3.0, "fitted_for": "gpt"})
        for name, count in (("gpt", 0), ("other", 44)):
            model = ChatOpenAI(base_url=server.base_url, api_key="x", model=name)  # type: ignore[arg-type]
            await run(config, tmp_path / name, models=model)
            assert len(calls(tmp_path / name)) == count


async def test_a_folder_that_was_begun_with_the_files_number_goes_on_so(tmp_path: Path) -> None:
    """Before thresholds had a model, an own model's run used the file's, and its dataset stays one."""
    async with Odd() as server:
        model = ChatOpenAI(base_url=server.base_url, api_key="x", model="other")  # type: ignore[arg-type]
        await run(chain(server, -3.0), tmp_path / "run", models=model)
        config = chain(server, {"value": -3.0, "fitted_for": "m"})
        monitor = await run(config, tmp_path / "run", n=4, models=model)

    assert not calls(tmp_path / "run")
    assert monitor.notes[-1].endswith("was fitted for m; the folder was begun with it, and goes on so")


async def test_a_step_alone_decides_by_text() -> None:
    """Steps fit nothing: by text, rather than by another model's number."""
    async with Odd() as server:
        steps = build_steps(chain(server))
        assert await steps.classification.ainvoke("Write a poem.") is False
        assert not any(map(is_classification, server.bodies))


def test_check_and_estimate_tell_before() -> None:
    """Whose the threshold is, what a run would do, and what it takes; no call is made for that."""
    own, anothers, auto = (chain(NOWHERE, one) for one in ({"value": 1, "fitted_for": "m"}, ANOTHERS, "auto"))
    assert threshold_line(own, SEEDS) == "threshold: 1, fitted for m"
    assert threshold_line(chain(NOWHERE, 0.5), SEEDS) == "threshold: 0.5, for whatever model"
    first = "a run fits its own first, by a short call for each of 125 seeds"
    assert threshold_line(anothers, SEEDS) == f"threshold: -3, fitted for another; the model is m; {first}"
    assert threshold_line(auto, SEEDS) == f"threshold: auto; {first}"
    assert threshold_line(auto, seeds(3, 20)).endswith("and 10 others: a run decides by text")
    assert not threshold_line(load_config("openai"), SEEDS)
    counts = [from_defaults(one, SEEDS, 90).roles["classification"].calls for one in (own, anothers)]
    assert counts == [100, 225]


def test_of_many_seeds_a_hundred_of_either_kind_are_asked_about() -> None:
    """The same ones in every start; twice the same instruction is one."""
    many = [
        Task(
            id=str(i),
            instruction=f"Do {i % 900} it",
            instances=(Instance(input="", output="x"),),
            is_classification=i % 3 == 0,
        )
        for i in range(1000)
    ]
    found = asked_about(load_config("openai"), many)
    assert len(found) == len({task.instruction for task in found}) == 200
    assert found == asked_about(load_config("openai"), many)
    assert sum(task.is_classification for task in found) == 100
