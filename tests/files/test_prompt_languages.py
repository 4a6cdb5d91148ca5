"""prompts/LANGUAGE/: the five roles' prompts in other languages, and the key that takes them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import load_config, read_seeds, self_instruct
from selfinstruct_chains.config import ROLES, Prompted, fingerprint, language_name
from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.files import shipped
from selfinstruct_chains.files.prompt import load_prompt
from selfinstruct_chains.method.identifying import shown
from selfinstruct_chains.method.parsing import parse_instances
from selfinstruct_chains.method.rendering import instances_text
from selfinstruct_chains.run.checking import check_chain
from selfinstruct_chains.run.language import lexicon_of
from selfinstruct_chains.run.reader import RunReader
from selfinstruct_chains.run.show import show_prompt
from selfinstruct_chains.testing import Reply, ScriptedChat, scripted_author
from tests.run.scripts import config

if TYPE_CHECKING:
    from selfinstruct_chains.method.rendering import Form

LANGUAGES = ("ar", "de", "fr", "ja", "zh")
FORMS: tuple[Form, ...] = ("input_first", "output_first")
SEEDS = Path(__file__).parents[2] / "seeds" / "languages"
PROMPTED: tuple[Prompted, ...] = (*ROLES, "topics")
OWN = {"prompt_language": "own"}

every = pytest.mark.parametrize("language", LANGUAGES)


def prompt(role: Prompted, language: str = "") -> Any:
    """A shipped prompt."""
    return load_prompt(role, role, "auto" if role in FORMS else "text", beside=Path(), at="x", language=language)


def test_the_languages_are_those_that_have_seeds() -> None:
    """Five, each with all five prompts."""
    assert tuple(shipped.prompt_languages()) == LANGUAGES == tuple(sorted(file.stem for file in SEEDS.iterdir()))
    for language in LANGUAGES:
        assert set(shipped.names(shipped.PROMPTS / language)) == set(PROMPTED)


@every
@pytest.mark.parametrize("role", PROMPTED)
def test_a_prompt_is_sound_and_in_its_language(role: Prompted, language: str) -> None:
    """It has all that the English one has, the same variables, and each of its texts is in the language."""
    english, own = prompt(role), prompt(role, language)

    assert set(own.variables) == set(english.variables)
    assert own.format.keys() == english.format.keys()
    for name, part in own.parts.items():
        assert {key for key, text in part if text} == {key for key, text in english.parts[name] if text}
    assert own.parts.keys() == english.parts.keys()
    assert bool(own.classification_only) == bool(english.classification_only)
    forms = [own, own.classification_only] if own.classification_only else [own]
    for form in forms:
        for text in (form.chat.system, form.chat.user, form.completion.text):
            told = re.sub(r"\{\w+\}", "", text).replace("\n", " ")
            assert len(told) < 20 or shown(told).tag == language, text
            assert not re.search(r"\b(Task|Input|Output|Example)\b", text)


@every
@pytest.mark.parametrize("role", FORMS)
def test_demonstrations_and_stops_have_its_words(role: Form, language: str) -> None:
    """What stands before a task ends a reply too; what the demonstrations' instances stand behind is read back."""
    own = prompt(role, language)
    task = own.example.partition("{")[0].rstrip()
    tasks = [task for task in read_seeds(SEEDS / f"{language}.jsonl") if task.is_classification == (role == FORMS[1])]

    assert own.completion.stop[:2] == (f"\n\n{task}", f"\n{task}")
    assert own.completion.text.rstrip().endswith(f"{own.example.partition('{')[0]}{{instruction}}")
    if role == "input_first":
        assert own.completion.stop[2] == f"\n{own.labels.example} {{after}}"
    for label in (own.labels.output, own.labels.input) if role == "input_first" else (own.labels.label,):
        assert f"{label}:" in own.format["text"]
    names = lexicon_of(load_config("openai", {"language": language})).names
    for task in tasks:
        text = instances_text(task.instances, role, own.labels)
        read = parse_instances(text, form=role, output="text", names=names)
        assert read.items == tuple(task.instances), task.id


@every
@pytest.mark.parametrize("only", [False, True])
def test_a_chain_takes_them(language: str, only: bool) -> None:
    """Of each role; they name domain, topic and the language by its own name."""
    about = {"domain": "ABCD", "topics": ["EFGH"], "classification_only": only}
    chain = load_config("openai", {"language": language, **about, **OWN}).told()
    for role in chain.roles:
        own = prompt(role, language)
        assert chain.role(role).prompt.says("ABCD")
        assert role == "classification" or chain.role(role).prompt.says(language_name(language, own=True))
        assert chain.role(role).prompt.example == own.example
    assert chain.instructions.prompt.for_classification().chat.system == (
        prompt("instructions", language).for_classification().chat.system
    )
    assert "topic" in chain.instructions.prompt.variables


def test_a_script_is_asked_for_by_its_own_name() -> None:
    """Traditional characters by prompts in simplified ones."""
    chain = load_config("openai", {"language": "zh-Hant", **OWN})

    assert "中文\uff08繁體\uff09" in show_prompt(chain, "instructions", seeds=SEEDS / "zh.jsonl").prompt


def test_without_the_key_they_are_english() -> None:
    """Also where it says so; the fingerprint is that of a chain without it."""
    plain, said = (load_config("openai", {"language": "de", **more}) for more in ({}, {"prompt_language": "english"}))

    assert plain.instructions.prompt == prompt("instructions")
    assert fingerprint(plain.shaping()) == fingerprint(said.shaping())
    assert fingerprint(plain.shaping()) != fingerprint(load_config("openai", {"language": "de", **OWN}).shaping())
    assert load_config("openai", {"language": "en", **OWN}).instructions.prompt == plain.instructions.prompt
    assert '"labels":' not in json.dumps(plain.model_dump(mode="json"))


def test_a_prompt_of_one_s_own_stays(tmp_path: Path) -> None:
    """Only the shipped ones have another language."""
    mine = tmp_path / "mine.yaml"
    mine.write_text((shipped.PROMPTS / "classification.yaml").read_text("utf-8"), encoding="utf-8")
    chain = load_config("openai", {"language": "de", "classification.prompt": str(mine), **OWN})

    assert chain.classification.prompt == prompt("classification")
    assert chain.instructions.prompt == prompt("instructions", "de")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (OWN, "--set prompt_language: own: one language is expected, as language: de"),
        ({"language": {"de": 0.5, "fr": 0.5}, **OWN}, "one language is expected"),
        ({"language": "sv", **OWN}, "no prompts are shipped in 'sv'; there are en, ar, de, fr, ja, zh"),
        ({"language": "de", "prompt_language": "german"}, "prompt_language"),
    ],
)
def test_what_can_not_be_is_told(settings: dict[str, Any], said: str) -> None:
    """With the key, and what there is."""
    with pytest.raises(ConfigError) as raised:
        load_config("openai", settings)

    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("settings", [OWN, {"language": "fr"}])
def test_it_is_settled_when_the_chain_is_loaded(settings: dict[str, Any]) -> None:
    """A loaded chain has its prompts' texts; it can't be changed to others."""
    chain = load_config("openai", {"language": "de", **(OWN if settings != OWN else {})})

    with pytest.raises(ConfigError, match="prompt_language: its prompts are read with the chain file"):
        chain.changed(settings)


def test_check_says_it() -> None:
    """In which language the shipped prompts are."""
    said = check_chain(load_config("embedded", {"language": "de", **OWN}), SEEDS / "de.jsonl")

    assert "prompts: in German where they are shipped ones (prompt_language: own)" in said


def german_author(asked: list[str]) -> Any:
    """`scripted_author` for German prompts; it writes German labels, and topics too."""

    def reply(given: str, seed: int | None = None) -> Reply:
        asked.append(given)
        if "verschiedene Themen" in given:
            return Reply("1. Gartenbau im Winter\n2. Rechte von Mietern\n3. Brot mit Sauerteig")
        english = given.replace("Aufgabe: ", "Task: ").replace("Klassifikation, Yes oder No?", "Is it classification?")
        english = english.replace("Klasse: ", "Class label: ") + " written in German"
        if "Task: " in english:
            english = english.removesuffix(" written in German")
        text = scripted_author(english, seed).text
        for word, own in {
            "Class label": "Klasse",
            "Input": "Eingabe",
            "Output": "Ausgabe",
            "Example": "Beispiel",
        }.items():
            text = text.replace(word, own)
        return Reply(text)

    return reply


def test_a_run_with_german_prompts(tmp_path: Path) -> None:
    """No English text of ours is in any prompt, and what comes is read."""
    asked: list[str] = []
    seeds = read_seeds(SEEDS / "de.jsonl")
    text = {f"instances__{form}__output": "text" for form in FORMS}
    chain = config(language="de", prompt_language="own", topics={"ask": 3}, **text)
    model = ScriptedChat(reply=german_author(asked))
    tasks = self_instruct(chain, tmp_path / "run", models=model, seeds=seeds).invoke({"n": 16})

    assert {shown(task.instruction).tag for task in tasks} <= {"de", "und"}
    assert {task.is_classification for task in tasks} == {True, False}
    assert {task.provenance.topic for task in tasks if task.provenance} <= {
        "Gartenbau im Winter",
        "Rechte von Mietern",
        "Brot mit Sauerteig",
    }
    assert not [one for one in asked if re.search(r"Task: |Output: |Write |All new ones", one)]
    assert RunReader(tmp_path / "run").config.prompts_in == "de"
