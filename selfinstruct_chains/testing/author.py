"""A scripted author: replies to the shipped prompts, as a function of prompt and seed. No LangChain is needed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable
from random import Random
from typing import NamedTuple


class Reply(NamedTuple):
    """What a scripted model answers."""

    text: str
    finish_reason: str = "stop"
    input_tokens: int = 10
    output_tokens: int = 5
    cached_tokens: int = 0
    """How many of the input tokens were read from the provider's cache."""


Script = Callable[[str, int | None], str | Reply | Awaitable[str | Reply]]
"""From a prompt, as one string, and the call's seed to the reply; it may also raise, or be asynchronous."""


def scripted_author(prompt: str, seed: int | None = None) -> Reply:
    """Sensible replies to the shipped prompts of all four roles: a function of prompt and seed alone.

    Instructions vary with the seed, about a tenth are near-copies or poor; instances have inputs, or none, or several.
    Where the prompt asks for German or French it writes that, else English.
    """
    random = Random(hashlib.sha256(f"{seed}|{prompt}".encode("utf-8", "backslashreplace")).digest())
    last = prompt.rsplit("Task: ", 1)[-1].split("\n", 1)[0]
    words = _asked_for(prompt)
    if "Is it classification?" in prompt:
        text = " Yes" if last.startswith(_JUDGE) else " No"
    elif "Class label:" in prompt or '"label"' in prompt:
        text = _labels(random, words, as_json='"label"' in prompt)
    elif "Task: " in prompt:
        text = _inputs(random, words, as_json='{"instances"' in prompt)
    else:
        text = _instructions(random, words, prompt)
    return Reply(text, input_tokens=len(prompt) // 4, output_tokens=len(text) // 4)


class _Words(NamedTuple):
    """What it writes in a language."""

    verbs: tuple[str, ...]
    things: tuple[str, ...]
    reasons: tuple[str, ...]
    poor: str
    order: str
    judge: str
    note: str
    labels: tuple[str, str]


_ENGLISH = _Words(
    (
        *("Explain", "Describe", "Summarise", "Compare", "Rewrite", "Translate", "Plan", "List", "Improve", "Review"),
        *("Design", "Draft"),
    ),
    (
        *("budget", "garden", "recipe", "contract", "novel", "timetable", "kitchen", "tax", "engine", "poem", "lesson"),
        *("river", "team", "bakery", "bridge"),
    ),
    (
        "for a beginner",
        "in two short sentences",
        "with one example",
        "for a busy manager",
        "without any jargon",
        "step by step",
    ),
    poor="Too short",
    order="{verb} {things} number {number} {reason}.",
    judge="Decide whether a note about {things} number {number} is good news or bad news.",
    note="A note about {things}.",
    labels=("good news", "bad news"),
)
_GERMAN = _Words(
    (
        *("Erkläre", "Beschreibe", "Vergleiche", "Übersetze", "Plane", "Verbessere", "Prüfe", "Entwirf", "Ordne"),
        *("Schreibe über", "Nenne", "Kürze"),
    ),
    (
        *("Haushalt", "Garten", "Rezept", "Vertrag", "Roman", "Fahrplan", "Küche", "Steuer", "Motor", "Gedicht"),
        *("Unterricht", "Fluss", "Mannschaft", "Bäckerei", "Brücke"),
    ),
    (
        "für jemanden, der neu ist",
        "in zwei kurzen Sätzen",
        "mit einem Beispiel",
        "für eine Chefin ohne Zeit",
        "ohne Fachwörter",
        "Schritt für Schritt",
    ),
    poor="Zu kurz",
    order="{verb} {things} Nummer {number} {reason}.",
    judge="Entscheide, ob eine Notiz über {things} Nummer {number} eine gute oder eine schlechte Nachricht ist.",
    note="Eine Notiz über {things}.",
    labels=("gute Nachricht", "schlechte Nachricht"),
)
_FRENCH = _Words(
    (
        *("Explique", "Décris", "Résume", "Compare", "Réécris", "Traduis", "Prépare", "Énumère", "Améliore", "Relis"),
        *("Imagine", "Rédige"),
    ),
    (
        *("le budget", "le jardin", "la recette", "le contrat", "le roman", "la cuisine", "les impôts", "le moteur"),
        *("le poème", "la leçon", "la rivière", "l'équipe", "la boulangerie", "le pont", "la bibliothèque"),
    ),
    (
        "pour une personne qui débute",
        "en deux phrases courtes",
        "avec un exemple",
        "pour une directrice pressée",
        "sans jargon",
        "étape par étape",
    ),
    poor="Trop court",
    order="{verb} {things} numéro {number} {reason}.",
    judge="Dis si une note sur {things} numéro {number} est une bonne ou une mauvaise nouvelle.",
    note="Une note sur {things}.",
    labels=("bonne nouvelle", "mauvaise nouvelle"),
)
_OTHERS = {"German": _GERMAN, "French": _FRENCH}
_JUDGE = tuple(" ".join(words.judge.split()[:2]) for words in (_ENGLISH, *_OTHERS.values()))
_ASKED_FOR = re.compile(rf"\bwritten in ({'|'.join(_OTHERS)})\b")


def _asked_for(prompt: str) -> _Words:
    asked = _ASKED_FOR.findall(prompt)
    return _OTHERS[asked[-1]] if asked else _ENGLISH


def _instructions(random: Random, words: _Words, prompt: str) -> str:
    first = len(re.findall(r"^\d+\. ", prompt, re.MULTILINE)) + 1
    lines = [f"{number}. {_instruction(random, words)}" for number in range(first, first + 8)]
    text = "\n".join(lines)
    return text if not prompt.rstrip().endswith(f"{first}.") else " " + text.partition(". ")[2]


def _instruction(random: Random, words: _Words) -> str:
    if random.random() < 0.1:  # noqa: PLR2004 - a tenth is poor
        return words.poor
    things = " ".join(random.choices(words.things, k=4))
    if random.random() < 0.25:  # noqa: PLR2004 - a quarter is classification
        return words.judge.format(things=things, number=random.randrange(10**6))
    verb, number, reason = random.choice(words.verbs), random.randrange(10**6), random.choice(words.reasons)
    return words.order.format(verb=verb, things=things, number=number, reason=reason)


def _labels(random: Random, words: _Words, *, as_json: bool) -> str:
    pairs = [(label, words.note.format(things=_things(random, words, 6))) for label in words.labels]
    if as_json:
        return '{"instances":[' + ",".join(f'{{"label":"{label}","input":"{text}"}}' for label, text in pairs) + "]}"
    return "\n".join(f"Class label: {label}\nInput: {text}" for label, text in pairs)


def _inputs(random: Random, words: _Words, *, as_json: bool) -> str:
    count = random.choice([1, 1, 2])
    texts = [
        (_things(random, words, 5) if random.random() < 0.5 else "", _things(random, words, 9))  # noqa: PLR2004
        for _ in range(count)
    ]
    if as_json:
        return '{"instances":[' + ",".join(f'{{"input":"{i}","output":"{o}"}}' for i, o in texts) + "]}"
    return "\n\n".join(f"Example {n}\nInput: {i}\nOutput: {o}" for n, (i, o) in enumerate(texts, start=1))


def _things(random: Random, words: _Words, count: int) -> str:
    return " ".join(random.choices(words.things, k=count))
