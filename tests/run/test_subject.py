"""`domain`, `topics` and `language` of a chain file: said in every prompt, drawn reproducibly, counted."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.prompts import ChatPromptTemplate

from selfinstruct_chains import Monitor, build_steps, load_config, read_seeds, self_instruct
from selfinstruct_chains.config import ROLES, Kind, Role
from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.files import shipped
from selfinstruct_chains.outputs.stats import statistics
from selfinstruct_chains.outputs.stats_text import statistics_text
from selfinstruct_chains.run.estimate import from_defaults
from selfinstruct_chains.run.reader import RunReader
from selfinstruct_chains.run.refilter import refilter
from selfinstruct_chains.run.show import show_prompt
from selfinstruct_chains.testing import Reply, ScriptedChat, scripted_author
from tests.run.scripts import config, files

if TYPE_CHECKING:
    from pathlib import Path

SEEDS = read_seeds(shipped.SEEDS)
DOMAIN = "A bank's {support} chat: {{cards}}, transfers"
TOPICS = [f"topic {name}" for name in ("cards", "loans", "fees", "fraud")]
CHAINS = sorted(path.name.removesuffix(".yaml") for path in shipped.CHAINS.iterdir() if path.name.endswith(".yaml"))


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", ["chat", "completion"])
def test_every_prompt_names_the_domain_and_asks_for_nothing_else(role: Role, kind: Kind) -> None:
    """In both forms of each shipped prompt, of chains that only want classification too."""
    for only in (False, True):
        chain = load_config("openai", {"domain": DOMAIN, "classification_only": only})
        text = show_prompt(chain, role, kind=kind, instruction="Sort a message.").prompt

        assert DOMAIN in text
        assert "everyday" not in text


@pytest.mark.parametrize("chain", CHAINS)
def test_every_shipped_chain_takes_them(chain: str) -> None:
    """Their prompts are the shipped ones."""
    found = load_config(chain, {"domain": DOMAIN, "topics": TOPICS, "language": {"de": 0.5, "sw": 0.5}})

    assert all(found.told().role(role).prompt.says(DOMAIN) for role in ROLES)


def test_the_language_is_asked_for_by_its_english_name() -> None:
    """Of instructions and of instances; not where it was found on the seeds."""
    asked = load_config("openai", {"language": "pt-BR"})
    texts = {role: show_prompt(asked, role, instruction="x").prompt for role in ROLES}

    assert [role for role in ROLES if "Portuguese (Brazil)" in texts[role]] == ["instructions", *ROLES[2:]]
    assert "English" not in show_prompt(load_config("openai"), "input_first", instruction="x").prompt


class Hearing:
    """`scripted_author`, who keeps what it is asked."""

    def __init__(self) -> None:
        self.prompts: list[str] = []

    def __call__(self, prompt: str, seed: int | None) -> Reply:
        self.prompts.append(prompt)
        return scripted_author(prompt, seed)


def grow(folder: Path, n: int, **overrides: object) -> list[str]:
    """The prompts of a run."""
    author = Hearing()
    self_instruct(config(**overrides), folder, models=ScriptedChat(reply=author), seeds=SEEDS).invoke({"n": n})
    return author.prompts


def provenances(folder: Path) -> list[dict[str, Any]]:
    """Where the tasks of a run come from."""
    return [json.loads(line)["provenance"] for line in (folder / "tasks.jsonl").read_text("utf-8").splitlines()]


def test_each_request_is_about_a_topic_and_its_tasks_say_so(tmp_path: Path) -> None:
    """Evenly; whatever runs at the same time; gone on with, it gives what a whole run gives."""
    mixed: dict[str, Any] = {"topics": TOPICS, "language": {"de": 0.5, "fr": 0.5}}
    prompts = grow(tmp_path / "run", 40, **mixed)
    grow(tmp_path / "again", 10, **mixed, run__max_concurrency=1)
    grow(tmp_path / "again", 40, **mixed)
    found = provenances(tmp_path / "run")

    assert files(tmp_path / "again") == files(tmp_path / "run")
    assert min(Counter(one["topic"] for one in found).values()) >= 5
    assert {one["language"] for one in found} == {"de", "fr"}
    asked = [prompt for prompt in prompts if "about this topic: " in prompt]
    assert all("written in German" in prompt or "written in French" in prompt for prompt in asked)
    assert {topic for topic in TOPICS if any(f"topic: {topic}\n" in prompt for prompt in asked)} == set(TOPICS)
    assert not [prompt for prompt in prompts if "{topic}" in prompt or "{language}" in prompt]
    stats = statistics(RunReader(tmp_path / "run"))
    assert stats.topics.total() == 40
    assert stats.as_json()["languages"] == dict(stats.languages)
    assert "Tasks by topic" in statistics_text(stats, "")


PLANNED = re.compile(r"numbered (\d+) to (\d+), one on each line and nothing")
SUBJECTS = ["lost cards", "loans for cars", "fees abroad", "a savings plan", "fraud by telephone", "opening an account"]


class Planning(Hearing):
    """Writes topics too, ten numbers a call; some twice, and one that refuses."""

    def __call__(self, prompt: str, seed: int | None) -> Reply:
        if "different topics that more such tasks" not in prompt:
            return super().__call__(prompt, seed)
        self.prompts.append(prompt)
        first = int(PLANNED.findall(prompt)[0][0])
        names = [*SUBJECTS[first // 2 :], "I cannot help with that request.", SUBJECTS[0]]
        return Reply("\n".join(f"{first + place}. {name}." for place, name in enumerate(names[:4])))


def plan(folder: Path, n: int, wanted: int) -> Planning:
    """A run whose model writes its topics first."""
    author = Planning()
    chain = self_instruct(
        config(topics={"ask": wanted}, domain="A bank"), folder, models=ScriptedChat(reply=author), seeds=SEEDS
    )
    chain.invoke({"n": n})
    return author


def test_the_model_writes_the_topics_first(tmp_path: Path) -> None:
    """Until there are enough, none twice; then they are the folder's, and nothing is asked again."""
    first = plan(tmp_path / "run", 12, 5)
    asked = [prompt for prompt in first.prompts if "topics that more such tasks" in prompt]
    topics = {one["topic"] for one in provenances(tmp_path / "run")}
    again = plan(tmp_path / "run", 24, 5)

    assert "already: none yet\n" in asked[0]
    assert "already: \n1. lost cards\n" in asked[1]
    assert all(prompt.endswith("none to another: A bank") for prompt in asked)
    assert topics <= set(SUBJECTS[:5])
    assert not [prompt for prompt in again.prompts if "topics that more such tasks" in prompt]
    assert {one["topic"] for one in provenances(tmp_path / "run")} == set(SUBJECTS[:5])
    refilter(tmp_path / "run", {"novelty.threshold": 0.9}, tmp_path / "new")
    assert {one["topic"] for one in provenances(tmp_path / "new")} == set(SUBJECTS[:5])


def test_the_step_alone_is_about_any_topic_or_the_one_it_is_given() -> None:
    """A list of instructions is enough, as without topics; with a dict the caller chooses."""
    author = Hearing()
    chain = config(topics=TOPICS, language={"de": 0.5, "fr": 0.5})
    step = build_steps(chain, SEEDS, models=ScriptedChat(reply=author)).instructions
    step.invoke(["Sort these mails."])
    step.invoke({"examples": ["Sort these mails."], "topic": "fees", "language": "French"})

    assert "topic: any that suits them\n\nAll new ones are written in the language of those above." in author.prompts[0]
    assert "topic: fees\n\nAll new ones are written in French." in author.prompts[1]


def test_fewer_topics_than_were_asked_for_are_told(tmp_path: Path) -> None:
    """Two calls without a new one, and it goes on with those that are there; with none it stops."""
    monitor, model = Monitor(), ScriptedChat(reply=Planning())
    self_instruct(config(topics={"ask": 40}), tmp_path / "few", models=model, seeds=SEEDS, monitor=monitor).invoke(
        {"n": 2}
    )
    assert [line for line in monitor.notes if line.startswith("topics: 6 of the 40 that were asked for")]
    prompts: list[str] = []

    def refuse(prompt: str, seed: int | None) -> Reply:
        prompts.append(prompt)
        return Reply("I cannot help with that request.")

    silent = ScriptedChat(reply=refuse)
    with pytest.raises(ConfigError, match="the model's replies held no topic"):
        self_instruct(config(topics={"ask": 3}), models=silent, seeds=SEEDS).invoke({"n": 2})
    assert len(prompts) == 2


def test_show_and_estimate_know_of_topics_to_come() -> None:
    """The prompt says that they are written first; their calls are counted."""
    asking, plain = (load_config("openai", given) for given in ({"topics": {"ask": 50}}, {}))

    assert "about this topic: (one of 50 that the model writes first)" in show_prompt(asking, "instructions").prompt
    calls = [from_defaults(chain, SEEDS, 100).roles["instructions"].calls for chain in (asking, plain)]
    assert calls[0] - calls[1] == 3


def test_a_run_with_topics_can_be_filtered_anew(tmp_path: Path) -> None:
    """Without a call, and the tasks keep their topics."""
    grow(tmp_path / "run", 12, topics=TOPICS)
    refilter(tmp_path / "run", {"novelty.threshold": 0.9}, tmp_path / "new")

    old, new = ({one["request"]: one["topic"] for one in provenances(tmp_path / name)} for name in ("run", "new"))
    assert old.items() <= new.items()


def test_without_them_a_line_is_what_it_was(tmp_path: Path) -> None:
    """No key more."""
    grow(tmp_path / "run", 3)

    assert set(provenances(tmp_path / "run")[0]) == {"request", "examples", "model", "calls"}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"language": "klingonisch"}, "language"),
        ({"language": {"de": 0.5, "en": 0.3}}, "the shares add up to 0.8; 1 is expected"),
        ({"language": {"de": 1.0}}, "language"),
        ({"language": {"de": 0.5, "DE": 0.5}}, "two of the tags are one language"),
        ({"topics": []}, "a list of topics, topics with weights, or {ask: N} is expected"),
        ({"topics": ["a", "A "]}, "'a' stands there twice"),
        ({"topics": {"a": 0}}, "topics"),
        ({"topics": "missing.txt"}, "missing.txt: can't be read"),
        ({"topics": 5}, "topics"),
        ({"domain": " "}, "domain"),
        ({"domain": "A bank's support", "instructions.prompt": ChatPromptTemplate([("human", "{examples}")])}, "part"),
        ({"topics": ["a"], "instructions.prompt": ChatPromptTemplate([("human", "{examples}")])}, "part with {topic}"),
    ],
)
def test_what_can_not_be_is_told(settings: dict[str, Any], said: str) -> None:
    """In one line that names the key."""
    with pytest.raises(ConfigError) as raised:
        load_config("openai", settings)

    assert said in str(raised.value)
    assert len(str(raised.value).splitlines()) <= 2


def chain_file(folder: Path, topics: str) -> Path:
    """A chain file with `topics`."""
    folder.mkdir(exist_ok=True)
    path = folder / "chain.yaml"
    path.write_text((shipped.CHAINS / "openai.yaml").read_text("utf-8") + f"\ntopics: {topics}\n", "utf-8")
    return path


def test_topics_stand_in_a_file(tmp_path: Path) -> None:
    """One on each line, or a YAML list, or with weights; beside the chain file or below, or wherever is typed."""
    chain = chain_file(tmp_path / "chains", "topics.txt")
    (chain.parent / "topics.txt").write_bytes("\ufefflost cards\r\n\r\n  transfers abroad \n".encode())
    (tmp_path / "weights.yaml").write_text("lost cards: 3\nloans: 1\n")

    assert load_config(chain).topics == load_config("openai", {"topics": ["lost cards", "transfers abroad"]}).topics
    typed = load_config(chain, {"topics": str(tmp_path / "weights.yaml")}).topics
    assert typed is not None
    assert typed.shares == {"lost cards": 3, "loans": 1}


@pytest.mark.parametrize(
    ("topics", "content", "said"),
    [
        ("topics.txt", b" \n\n", "no topics in it"),
        ("topics.txt", "fran\xe7ais".encode("latin-1"), "not UTF-8 at byte 5"),
        ("topics.yaml", b"just text", "no topics in it"),
        ("topics.yaml", b"a: [", "topics.yaml"),
        ("topics.csv", b"a", ".txt, .yaml"),
        ("../secrets.txt", b"", "in its own folder alone"),
        ("/etc/hostname.txt", b"", "in its own folder alone"),
    ],
)
def test_a_file_that_is_none_is_told(tmp_path: Path, topics: str, content: bytes, said: str) -> None:
    """A stranger's chain file can't send other files' lines to its model."""
    chain = chain_file(tmp_path / "chains", topics)
    if not topics.startswith((".", "/")):
        (chain.parent / topics).write_bytes(content)
    with pytest.raises(ConfigError) as raised:
        load_config(chain)

    assert said in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1
