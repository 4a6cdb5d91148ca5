"""The seeds of other languages (seeds/languages/) hold what their card promises, and a run understands them."""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import load_config, read_seeds, self_instruct
from selfinstruct_chains.files.languages import load_language
from selfinstruct_chains.method.filters import drop_instruction, keep_instances, scripts
from selfinstruct_chains.method.novelty import NoveltyIndex
from selfinstruct_chains.method.parsing import parse_instructions
from selfinstruct_chains.run.checking import check_chain
from selfinstruct_chains.run.language import found_language, in_language, lexicon_of
from selfinstruct_chains.testing import ScriptedChat

if TYPE_CHECKING:
    from collections.abc import Callable

    from selfinstruct_chains.tasks import Task

FOLDER = Path(__file__).parents[1] / "seeds" / "languages"
LANGUAGES = ("ar", "de", "fr", "ja", "zh")
SEEDS = {language: read_seeds(FOLDER / f"{language}.jsonl") for language in LANGUAGES}
KEYS = ["id", "name", "category", "instruction", "is_classification", "instances"]
CHAIN = load_config("openai", {f"instances.{role}.output": "text" for role in ("input_first", "output_first")})
COLON = {"fr": " :", "zh": "\uff1a", "ja": "\uff1a"}
MARKS: dict[str, list[Callable[[int], str]]] = {
    "ar": [lambda n: f"{n}- ".translate(ARABIC), lambda n: f"{n}. ".translate(ARABIC), lambda n: f"المهمة {n}: "],
    "de": [lambda n: f"{n}. ", lambda n: f"Aufgabe {n}: "],
    "fr": [lambda n: f"{n}- ", lambda n: f"{n}) ", lambda n: f"Tâche {n} : "],
    "ja": [
        lambda n: f"\uff08{n}\uff09",
        lambda n: f"{n}\u3001",
        lambda _: "・",
        lambda _: "●",
        lambda n: f"課題{n}\uff1a",
    ],
    "zh": [
        lambda n: f"\uff08{n}\uff09",
        lambda n: f"{n}\u3001",
        lambda n: f"\uff08{'一二三四五六七八九十'[n - 1]}\uff09",
    ],
}
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")

every = pytest.mark.parametrize("language", LANGUAGES)


@every
def test_form(language: str) -> None:
    """One object a line with the fields of the English seeds, ids that count up, names of their own."""
    raw = (FOLDER / f"{language}.jsonl").read_text(encoding="utf-8")
    tasks: list[dict[str, Any]] = [json.loads(line) for line in raw.splitlines()]

    assert raw == "".join(json.dumps(task, ensure_ascii=False) + "\n" for task in tasks)
    assert [task["id"] for task in tasks] == [f"{language}-{number:02d}" for number in range(1, 21)]
    assert all(list(task) == KEYS for task in tasks)
    assert len({task["name"] for task in tasks}) == 20
    texts = [text for task in tasks for one in task["instances"] for text in (task["instruction"], *one.values())]
    assert [
        text for text in texts if text != text.strip() or re.search("[\r\u00ad\u200b-\u200f\u2028\ufeff]", text)
    ] == []
    assert all(one["output"] for task in tasks for one in task["instances"])


@every
def test_counts(language: str) -> None:
    """Seven classification tasks; of the others a quarter to two fifths say all in the instruction."""
    others = [task for task in SEEDS[language] if not task.is_classification]
    without = [task for task in others if not task.instances[0].input]

    assert len(SEEDS[language]) - len(others) == 7
    assert len(others) / 4 <= len(without) <= len(others) * 2 / 5
    assert all(len(task.instances) == 1 for task in without)
    assert all(
        1 <= len(task.instances) <= 3 and all(one.input for one in task.instances)
        for task in others
        if task not in without
    )


@every
def test_labels_are_balanced_and_named(language: str) -> None:
    """Each stands in its instruction, and comes as often as the others or once more; no input comes twice."""
    for task in SEEDS[language]:
        if task.is_classification:
            counts = Counter(one.output for one in task.instances)
            assert len(counts) >= 2, task.id
            assert max(counts.values()) - min(counts.values()) <= 1, task.id
            assert all(label in task.instruction for label in counts), task.id
        assert len({one.input for one in task.instances}) == len(task.instances), task.id


@every
def test_instructions_are_unlike_each_other(language: str) -> None:
    """No two reach a ROUGE-L F-measure of 0.5 by the words of that script."""
    verdicts = NoveltyIndex(0.5, "unicode").admit((task.id, task.instruction) for task in SEEDS[language])

    assert [verdict for verdict in verdicts if verdict] == []


@every
def test_each_instruction_shows_its_language(language: str) -> None:
    """All of them together, and each alone."""
    assert found_language(SEEDS[language]) == language
    assert [task.id for task in SEEDS[language] if found_language([task]) != language] == []


@every
def test_no_filter_of_the_shipped_chains_drops_anything(language: str) -> None:
    """Neither an instruction nor an instance."""
    seeds = SEEDS[language]
    known, words = scripts(task.instruction for task in seeds), lexicon_of(in_language(CHAIN, seeds))
    for task in seeds:
        assert drop_instruction(task.instruction, CHAIN.filters, known, words) is None, task.id
        _, dropped = keep_instances(
            task.instances,
            CHAIN.filters,
            is_classification=task.is_classification,
            max_instances=6,
            instruction=task.instruction,
            lexicon=words,
        )
        assert dropped == [], task.id


@every
def test_lists_as_they_are_marked_there(language: str) -> None:
    """The instructions come back without the marks."""
    texts = [task.instruction for task in SEEDS[language][:10]]
    for mark in MARKS[language]:
        reply = "\n".join(mark(number) + text for number, text in enumerate(texts, start=1))
        assert list(parse_instructions(reply).items) == texts


def native(language: str, tasks: list[Task]) -> Callable[[str, int | None], str]:
    """A model that writes these tasks, and calls everything by that language's words."""
    words, colon = load_language(language), COLON.get(language, ":")
    assert words
    known = {task.instruction: task for task in tasks}

    def field(name: str, text: str) -> str:
        return f"{words.labels[name][0].capitalize()}{colon}{chr(10) if chr(10) in text else ' '}{text}\n"

    def reply(prompt: str, seed: int | None = None) -> str:
        task = known.get(prompt.rsplit("Task: ", 1)[-1].split("\n", 1)[0])
        if not task:
            return "\n".join(MARKS[language][0](number) + text for number, text in enumerate(known, start=1))
        if "Is it classification?" in prompt:
            return (words.yes_words if task.is_classification else words.no_words)[0].capitalize()
        if task.is_classification:
            return "\n".join(field("class", one.output) + field("input", one.input) for one in task.instances)
        return "\n".join(
            f"{words.labels['example'][0].capitalize()} {number}\n"
            + (field("input", one.input) if one.input else "")
            + field("output", one.output)
            for number, one in enumerate(task.instances, start=1)
        )

    return reply


@every
def test_a_run_by_an_author_of_that_language(language: str, tmp_path: Path) -> None:
    """From half of the seeds it makes the other half, word for word, and knows the language."""
    seeds, new = SEEDS[language][:10], SEEDS[language][10:]
    chain = self_instruct(CHAIN, tmp_path / "run", models=ScriptedChat(reply=native(language, new)), seeds=seeds)
    made = chain.invoke({"n": 8})
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))

    assert manifest["chain"]["language"] == language
    assert [(task.instruction, task.is_classification, task.instances[:5]) for task in made] == [
        (task.instruction, task.is_classification, task.instances[:5]) for task in new[:8]
    ]


@every
def test_check_says_the_language(language: str) -> None:
    """Before anything that needs a model."""
    lines = check_chain(CHAIN, FOLDER / f"{language}.jsonl")

    assert f"language: {language} (found on 20 seeds)" in islice(lines, 2)


def test_the_command_has_no_warning(selfinstruct: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Of French ones, an instruction among which begins with a quoted word."""
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    said = selfinstruct("check", "openai", "--seeds", str(FOLDER / "fr.jsonl"))

    assert said.code == 0
    assert "language: fr (found on 20 seeds)" in said.out
    assert "warning" not in said.out


PYTHON = {
    "ar": ("to_number", "٢٠٢٥", 2025, "12x", "النص ليس عددًا صحيحًا: 12x"),
    "de": ("als_euro", 1234.5, "1.234,50 €", -1, "darf nicht negativ sein: -1"),
    "fr": ("verifier_code_postal", " 75011 ", "75011", "7501", "Code postal invalide : '7501'"),
    "ja": ("to_reiwa", 2019, "令和元年", 2018, "2018年は令和より前の年です"),
    "zh": ("check_phone", "13800138000", "13800138000", "23800138000", "手机号格式不正确.23800138000"),
}
"""By language a function, what it is given and makes, what is poor, and what it says of that."""


@every
def test_python_in_outputs_runs(language: str) -> None:
    """It gives what the instruction asks for, and complains in the language."""
    name, given, made, poor, says = PYTHON[language]
    [task] = [task for task in SEEDS[language] if any("```python" in one.output for one in task.instances)]
    names: dict[str, Any] = {}
    exec(task.instances[0].output.removeprefix("```python\n").removesuffix("\n```"), names)  # noqa: S102 - our own seed

    assert names[name](given) == made
    with pytest.raises(ValueError, match=says):
        names[name](poor)
