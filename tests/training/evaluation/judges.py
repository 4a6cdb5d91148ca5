"""Scripted judges, which know what they are shown."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from selfinstruct_chains import Monitor, load_config
from selfinstruct_chains.files.items import Item
from selfinstruct_chains.files.predictions import Answer
from selfinstruct_chains.run.judges import Judge
from selfinstruct_chains.testing import ScriptedChat
from selfinstruct_chains.training.evaluation.judging import judged

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from selfinstruct_chains.training.evaluation.judging import Judging

CONFIG = load_config("openai", {"run.max_concurrency": 4})
N = 40
ITEMS = [Item(f"t{n}", f"Say {n}.", "" if n % 2 else "loud", (str(n),), is_classification=False) for n in range(N)]


def answers(text: Callable[[int], str]) -> dict[str, Answer]:
    """One to each item, by its number."""
    return {item.id: Answer(text(number)) for number, item in enumerate(ITEMS)}


GIVEN = {"base": answers(lambda n: f"no {n}"), "tuned": answers(lambda n: f"right {n}" if n % 4 else f"bad answer {n}")}
"""The second is right in three of four."""


class Shown:
    """What a judge was shown: one answer or two."""

    def __init__(self, prompt: str) -> None:
        self.prompt = prompt
        self.texts: list[str] = [
            json.loads(text) for text in re.findall(r'(?m)^(?:Answer|First|Second): (".*")$', prompt)
        ]
        [task] = re.findall(r"(?m)^Task: (.*)$", prompt)
        self.task: dict[str, Any] = json.loads(task)


class Script:
    """Rates an answer A if it is right, else D; prefers one of two by `better`, and counts."""

    def __init__(self, better: Callable[[Sequence[str]], str], *, nonsense_each: int = 0) -> None:
        self.shown: list[Shown] = []
        self._better, self._nonsense = better, nonsense_each

    def __call__(self, prompt: str, seed: int | None) -> str:
        shown = Shown(prompt)
        self.shown.append(shown)
        if self._nonsense and len(self.shown) % self._nonsense == 0:
            return "It is hard to say, both have merits."
        if len(shown.texts) == 1:
            return json.dumps({"reason": "So it is.", "rating": "A" if "right" in shown.texts[0] else "D"})
        return json.dumps({"reason": "So it is.", "better": self._better(shown.texts)})


def by_right(texts: Sequence[str]) -> str:
    """The one that is right."""
    right = ["right" in text for text in texts]
    return "tie" if right[0] == right[1] else ("first", "second")[right[1]]


def always_first(_: Sequence[str]) -> str:
    """Whatever they are."""
    return "first"


def by_length(texts: Sequence[str]) -> str:
    """The longer one."""
    lengths = [len(text) for text in texts]
    return "tie" if lengths[0] == lengths[1] else ("first", "second")[lengths[1] > lengths[0]]


async def judge(
    script: Script,
    given: Mapping[str, Mapping[str, Answer]] | None = None,
    *,
    folder: Path | None = None,
    baseline: str | None = None,
    references: bool = True,
    **more: Any,
) -> Judging:
    """All that a scripted judge says of the answers."""
    asked = Judge(CONFIG, ScriptedChat(reply=script), references=references)
    monitor = more.pop("monitor", None) or Monitor()
    return await judged(asked, ITEMS, given or GIVEN, baseline, folder=folder, monitor=monitor, **more)
