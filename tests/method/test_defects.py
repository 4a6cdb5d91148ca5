"""The 31 defects of the first implementation (yizhongw/self-instruct), each with what this one does instead.

Where a defect lies in what replies are parsed to, or in what is dropped, it is tried here. For the others the table
names where the tests are that hold it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
import yaml
from pydantic import TypeAdapter

from selfinstruct_chains.config import Filter
from selfinstruct_chains.errors import DataError
from selfinstruct_chains.files.chain import load_config
from selfinstruct_chains.files.languages import load_language
from selfinstruct_chains.files.seeds import read_seeds
from selfinstruct_chains.files.shipped import PROMPTS, SEEDS, names
from selfinstruct_chains.method.demonstrations import instance_examples
from selfinstruct_chains.method.filters import drop_instruction, keep_instances
from selfinstruct_chains.method.lexicon import lexicon
from selfinstruct_chains.method.novelty import NoveltyIndex
from selfinstruct_chains.method.parsing import (
    UnreadableReply,
    parse_classification,
    parse_instances,
    parse_instructions,
)
from selfinstruct_chains.method.pool import Pool
from selfinstruct_chains.tasks import Instance, Task

if TYPE_CHECKING:
    from collections.abc import Callable

TESTS = Path(__file__).parents[1]
ENGLISH = lexicon([load_language("en")])
FILTERS = TypeAdapter(tuple[Filter, ...]).validate_python(
    [
        {"kind": kind}
        for kind in ("length", "keywords", "opening", "empty", "echo", "colon", "refusal", "duplicate", "conflict")
    ]
)
LATIN = frozenset({"LATIN"})


class Defect(NamedTuple):
    """One defect of the original."""

    number: int
    theirs: str
    ours: str
    held: Callable[[], None] | str
    """The check, or the test file that has it."""


def instances(text: str) -> list[tuple[str, str]]:
    """The instances of an input-first text reply."""
    return [(item.input, item.output) for item in parse_instances(text, form="input_first", output="text").items]


def keep(*pairs: tuple[str, str], is_classification: bool = False, most: int = 5) -> list[tuple[str, str]]:
    """The instances that all filters together leave."""
    values = [Instance(input=given, output=made) for given, made in pairs]
    kept, _ = keep_instances(values, FILTERS, is_classification=is_classification, max_instances=most, lexicon=ENGLISH)
    return [(item.input, item.output) for item in kept]


def length_stop() -> None:
    """Three instructions in, two out, and the third is told apart as cut."""
    parsed = parse_instructions(" Write a poem.\n10. Name a river.\n11. Explain inf", truncated=True, continues=True)
    assert parsed == (("Write a poem.", "Name a river."), "Explain inf")


def case_of_letters() -> None:
    """Names keep their capitals."""
    text = "Write a SQL query for NASA, as I said."
    assert parse_instructions(f"1. {text}").items == (text,)


def list_marks() -> None:
    """Any numbering splits, and a chat preamble is no instruction."""
    for mark in ("{}. ", "{}) ", "**{}.** ", "{}: ", "Task {}: ", "- "):
        reply = "Sure! Here are two tasks:\n\n" + mark.format(1) + "Write a poem.\n" + mark.format(2) + "Name a river."
        assert parse_instructions(reply).items == ("Write a poem.", "Name a river.")


def stop_strings() -> None:
    """Marks in the middle of a line are text; a prompt's stops begin with a line end and count what was asked for."""
    reply = " Explain why $16.50 was much in 2016. Use one line.\n10. Explain 16. Louis."
    assert len(parse_instructions(reply, continues=True).items) == 2
    for name in ("instructions", "classification", "input_first", "output_first"):
        stops = yaml.safe_load((PROMPTS / f"{name}.yaml").read_text("utf-8"))["completion"]["stop"]
        assert all(stop.startswith("\n") and not any(map(str.isdigit, stop)) for stop in stops)


def rouge_scripts() -> None:
    """Copies in any script are too similar."""
    for text in ("写一首关于春天的诗", "Напиши стихотворение весне", "Überprüfe diesen Satz bitte"):
        index = NoveltyIndex()
        index.add(text, "a")
        assert index.nearest(text)


def scripts() -> None:
    """With seeds in Latin script German passes, and Chinese behind an A doesn't; own keywords are no patterns."""
    assert drop_instruction("Überprüfe diesen Satz auf Fehler.", FILTERS, LATIN) is None
    assert drop_instruction("A我们需要写一篇文章", FILTERS, LATIN) == "script"
    own = TypeAdapter(tuple[Filter, ...]).validate_python([{"kind": "keywords", "words": ["c++", "(x"]}])
    assert drop_instruction("Explain templates in C++ briefly.", own, LATIN) == "keyword"


def keywords_in_context() -> None:
    """Text-only tasks with such words pass, whatever language a program is to be in."""
    for text in (
        "Explain how Map and filter differ.",
        "Explain what a knowledge graph is.",
        "Describe a log file format.",
        "Write a Python program that sorts a list.",
    ):
        assert drop_instruction(text, FILTERS, LATIN) is None
    assert drop_instruction("Write a program that sorts a list.", FILTERS, LATIN) == "write_a_program"


def no_answer_is_no_no() -> None:
    """An empty or unclear reply raises; nothing is stored for it."""
    for text in ("", " \n", "Error 503", "Yes or no"):
        with pytest.raises(UnreadableReply):
            parse_classification(text)
        with pytest.raises(UnreadableReply):
            parse_instances("", form="input_first", output="text")


def label_parse() -> None:
    """A yes is a yes with a stop, a comma, bold or reasons."""
    for text in ("Yes.", " yes, because", "**Yes**", "YES", "Answer: yes"):
        assert parse_classification(text) is True


def max_instances() -> None:
    """The first instances stay, for classification too, in their order."""
    pairs = [(f"text {n}", f"label {n}") for n in range(9)]
    assert keep(*pairs, is_classification=True, most=5) == pairs[:5]
    assert instances("Input: a\nOutput: To do\nTask: buy milk") == [("a", "To do\nTask: buy milk")]


def order_by_hash() -> None:
    """What stays, and in which order, doesn't change with PYTHONHASHSEED."""
    code = """
from pydantic import TypeAdapter
from selfinstruct_chains.files.chain import load_config
from selfinstruct_chains.config import Filter
from selfinstruct_chains.errors import DataError
from selfinstruct_chains.method.filters import keep_instances, scripts
from selfinstruct_chains.tasks import Instance
filters = TypeAdapter(tuple[Filter, ...]).validate_python([{"kind": "duplicate"}, {"kind": "conflict"}])
instances = [Instance(input=f"in {n % 9}", output=f"out {n % 4}") for n in range(50)] + [Instance(output="b")]
print(keep_instances(instances, filters, is_classification=False, max_instances=9))
"""
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed},
            cwd=TESTS.parent,
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1] != b""


def own_limits() -> None:
    """Each way of making instances has its own token limit, which no neighbour changes."""
    config = load_config("paper", {"instances.output_first.model.max_tokens": 77})
    assert config.model_for("output_first").max_tokens == 77
    assert config.model_for("input_first").max_tokens != 77


def seeds_drive_instances() -> None:
    """The seeds in use are the demonstrations of instance generation, and the penalty is a setting of the role."""
    own = [
        Task(id=f"s{n}", instruction=f"Own task {n}", instances=(Instance(output="x"),), is_classification=False)
        for n in range(9)
    ]
    config = load_config("paper", {"instances.input_first.model.presence_penalty": 0})
    assert instance_examples(config.instances.input_first, "input_first", own, 1, 5).text.count("Own task") == 6
    assert config.model_for("input_first").presence_penalty == 0


def anchored_splits() -> None:
    """Labels in the middle of a line are text."""
    for given, made in (
        ("For Example, use the form.", "Done. Example 2 is next."),
        ("print('Output: ', x)", "Use the form. Input: a word."),
    ):
        assert instances(f"Input: {given}\nOutput: {made}") == [(given, made)]


def colons_and_layout() -> None:
    """Addresses, times, blank lines and indentation come through whole."""
    given, made = "See https://example.com/a at 12:30", "def f():\n\n    return 1"
    assert instances(f"Input: {given}\nOutput:\n{made}") == [(given, made)]


def plain_answers() -> None:
    """An answer without labels is an output, and other fields' labels don't leak into the input."""
    assert instances("The Loire.") == [("", "The Loire.")]
    assert instances("List: 3, 1, 2\nOutput: 1, 2, 3") == [("3, 1, 2", "1, 2, 3")]
    assert instances("Input 1 - List: 3, 1, 2\nOutput: 1, 2, 3") == [("3, 1, 2", "1, 2, 3")]


def conflicts() -> None:
    """A contradiction takes its own instances alone, and an output that ends in code's colon stays."""
    assert keep(("a", "1"), ("b", "2"), ("a", "3")) == [("b", "2")]
    assert keep(("loop", "for x in y:"), ("sign", ":")) == [("loop", "for x in y:"), ("sign", ":")]


def sampling() -> None:
    """Taking the first of many needs no sample of a set."""
    assert keep(*((str(n), f"{n}!") for n in range(20)), most=3) == [("0", "0!"), ("1", "1!"), ("2", "2!")]


def duplicates() -> None:
    """The same instance in another layout is a duplicate, found before any template is applied."""
    assert keep(("a b", "c"), ("a  b", "c\n")) == [("a b", "c")]


def near_copies() -> None:
    """Near copies, refusals and placeholders go."""
    long = "The sun is very hot in summer and in spring."
    assert keep((long, long[:-1]), ("a", "I'm sorry, but I can't help with that."), ("b", "[your answer]")) == []


def harmless_prompts() -> None:
    """The prompts and seeds are written for this project: none of the original's examples is among them."""
    texts = [(PROMPTS / f"{name}.yaml").read_text("utf-8") for name in names(PROMPTS)] + [SEEDS.read_text("utf-8")]
    assert not any(phrase in text for text in texts for phrase in ("Reddit thread", "Confucious", "hate speech"))


def encodings() -> None:
    """Every text file is opened with its encoding named."""
    as_text = re.compile(r"""(?:open\((?:[^,()]+, ?)?["'][rwax]\+?["']|\.open\(\)|(?:read|write)_text\()[^\n]*""")
    for file in (TESTS.parent / "selfinstruct_chains").rglob("*.py"):
        for call in as_text.findall(file.read_text("utf-8")):
            assert "utf-8" in call, (file.name, call)


def few_seeds() -> None:
    """Too few seeds are an error that says how to go on, before any call."""
    seeds = read_seeds(SEEDS)[:3]
    with pytest.raises(DataError, match=r"instructions\.seed_examples=3"):
        Pool(load_config("paper"), seeds)
    assert Pool(load_config("paper", {"instructions.seed_examples": 1}), seeds).draw(0, 0)


DEFECTS = [
    Defect(1, "a reply cut by length is dropped whole", "only its last item is lost", length_stop),
    Defect(2, "capitalize() lower-cases the rest", "letters keep their case", case_of_letters),
    Defect(3, "only '9.' splits; a chat preamble is kept", "any numbering; preambles go", list_marks),
    Defect(4, "stops '16.' match inside lines", "stops and marks are anchored", stop_strings),
    Defect(5, "a process pool per candidate", "an exact index", "method/test_novelty_exact.py"),
    Defect(6, "ROUGE knows ASCII only", "every script has words", rouge_scripts),
    Defect(7, "non-English is a first letter beyond ASCII", "scripts of the seeds", scripts),
    Defect(8, "keywords drop text-only tasks", "keywords count in context", keywords_in_context),
    Defect(9, "a half-written line ends every restart", "the journal is cut back to whole lines", "run/test_folder.py"),
    Defect(10, "loops for ever", "budgets, a collapse window, patience", "run/test_budgets.py"),
    Defect(11, "fatal errors are retried", "only what may pass is", "models/test_faults.py"),
    Defect(12, "failed calls become answers", "no reply is not an answer", no_answer_is_no_no),
    Defect(13, "a resumed run truncates its cache", "the journal is only appended to", "run/test_kills.py"),
    Defect(14, "list(set(...)) depends on the hash seed", "order is kept", order_by_hash),
    Defect(15, "a task's token limit depends on its batch", "a limit for each role", own_limits),
    Defect(16, "file names are hard-coded", "the folder is named by the config", "run/test_folder.py"),
    Defect(17, "'Yes.' is a no", "yes is read however it is said", label_parse),
    Defect(18, "max_instances isn't enforced; 'Task:' cuts", "the first stay; a task begins a block", max_instances),
    Defect(19, "static examples for instances", "the user's seeds are the examples", seeds_drive_instances),
    Defect(20, "splits inside text", "labels count at line starts", anchored_splits),
    Defect(21, "the colon rule corrupts inputs", "texts come through whole", colons_and_layout),
    Defect(22, "an answer without labels is dropped", "it is an output", plain_answers),
    Defect(23, "one conflict kills the task", "it takes its own instances", conflicts),
    Defect(24, "random.sample of a set is a TypeError", "the first are taken", sampling),
    Defect(25, "duplicates survive in two formats", "found before formatting", duplicates),
    Defect(26, "repetition is exact equality only", "near copies, refusals, placeholders too", near_copies),
    Defect(27, "a hateful few-shot example", "own, harmless prompts", harmless_prompts),
    Defect(28, "provenance loses the model", "provenance names model and calls", "run/test_real_model.py"),
    Defect(29, "files without an encoding", "UTF-8 always", encodings),
    Defect(30, "the notebook doesn't run", "no notebook: statistics are a command", "outputs/test_stats.py"),
    Defect(31, "few seeds are a ValueError; N is overshot", "an error that says how; exactly N", few_seeds),
]


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: f"{defect.number} {defect.theirs}")
def test_defect(defect: Defect) -> None:
    """None of the first implementation's defects is ours; what isn't tried here has tests where it belongs."""
    if callable(defect.held):
        defect.held()
    else:
        assert (TESTS / defect.held).exists()


def test_every_defect_is_listed() -> None:
    """The table has all 31, in order."""
    assert [defect.number for defect in DEFECTS] == list(range(1, 32))
