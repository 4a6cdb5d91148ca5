"""The task pool: seed and generated instructions; what a request shows of them, and what may join them."""

from __future__ import annotations

import re
from bisect import bisect_left
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.config import UNDETERMINED, language_name
from selfinstruct_chains.errors import DataError
from selfinstruct_chains.method.filters import drop_instruction, scripts
from selfinstruct_chains.method.identifying import shown
from selfinstruct_chains.method.lexicon import Lexicon
from selfinstruct_chains.method.novelty import NoveltyIndex
from selfinstruct_chains.method.subjects import About, Subjects
from selfinstruct_chains.tasks import id_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from selfinstruct_chains.config import ChainConfig
    from selfinstruct_chains.tasks import Task

    InstructionFilter = Callable[[str], str | None]


class PoolExample(NamedTuple):
    """An instruction of the pool that a request shows."""

    id: str
    instruction: str


class Shown(NamedTuple):
    """What a request shows, and what it asks about."""

    examples: tuple[PoolExample, ...]
    about: About = About()

    @property
    def ids(self) -> tuple[str, ...]:
        """Those of the examples."""
        return tuple(example.id for example in self.examples)

    @property
    def asked(self) -> list[str] | dict[str, Any]:
        """What the step for instructions is invoked with."""
        texts = [example.instruction for example in self.examples]
        if not any(self.about):
            return texts
        return {"examples": texts, "topic": self.about.topic, "language": language_name(self.about.language)}


class Reason(NamedTuple):
    """Why an instruction was dropped."""

    rule: str
    score: float | None = None
    nearest: str | None = None
    language: str | None = None
    """For "language": that in which it is."""


class Pool:
    """Seed tasks and the generated instructions that were admitted, in their order.

    Raises:
        DataError: there are fewer seeds that may be shown than a request shows.
    """

    def __init__(
        self,
        config: ChainConfig,
        seeds: Sequence[Task],
        filters: Sequence[InstructionFilter] = (),
        lexicon: Lexicon | None = None,
    ) -> None:
        needed = config.instructions.seed_examples
        showable = [task for task in seeds if task.is_classification or not config.classification_only]
        if len(showable) < needed:
            what = "classification" if config.classification_only else "seed"
            raise DataError(
                f"{len(showable)} {what} tasks, but each request shows {needed}; "
                f"write more, or lower it: --set instructions.seed_examples={max(1, len(showable))}"
            )
        self._config = config
        self._filters = filters
        self._lexicon = lexicon or Lexicon()
        self._language = config.language if isinstance(config.language, str) else UNDETERMINED
        self._scripts = scripts(task.instruction for task in seeds)
        self._generated: list[PoolExample] = []
        self._index = NoveltyIndex(config.novelty.threshold, config.novelty.tokenizer)
        for task in seeds:
            self._index.add(task.instruction, task.id)
        self._pattern = re.compile(config.instructions.example_pattern or "")
        examples = [PoolExample(task.id, task.instruction) for task in showable]
        matching = [example for example in examples if self._pattern.search(example.instruction)]
        self._showable_seeds = matching if len(matching) >= needed else examples
        self._showable_generated: list[int] = []  # indices into _generated, ascending
        self._subjects = Subjects(
            config.topics.shares if config.topics else {},
            config.language if isinstance(config.language, dict) else {},
            seed=config.run.seed,
            lookahead=config.run.lookahead,
            ask=config.instructions.ask,
        )

    @property
    def generated(self) -> int:
        """How many generated instructions have been admitted."""
        return len(self._generated)

    def draw(self, request: int, seen: int) -> Shown:
        """What instruction request `request` shows: seeds and the first `seen` generated ones, sampled and mixed.

        Seeds take the places of generated ones while there are too few (paper section 2.2: 6 and 2). With
        `classification_only` the seeds are those that are classification tasks; all of them count for novelty.
        """
        role = self._config.instructions
        random = Random(f"{self._config.run.seed}:{request}")
        generated = self._showable_generated[: bisect_left(self._showable_generated, seen)]
        shown = [self._generated[i] for i in random.sample(generated, min(role.generated_examples, len(generated)))]
        places = role.seed_examples + role.generated_examples - len(shown)
        shown += random.sample(self._showable_seeds, min(places, len(self._showable_seeds)))
        random.shuffle(shown)
        return Shown(tuple(shown), self._subjects.draw(request))

    def admit(self, id: str, instruction: str, language: str = "") -> Reason | None:  # noqa: A002
        """Why `instruction` was dropped, or None: it has joined the pool.

        Args:
            id: the candidate's.
            instruction: its text.
            language: the BCP 47 tag of the language that its request asked for; "": that of the chain.
        """
        if reason := next(self.reasons(instruction, language), None):
            return reason
        similar = self._index.nearest(instruction)
        if similar:
            return Reason("novelty", round(similar.score, 6), similar.id)
        self._index.add(instruction, id)
        if self._pattern.search(instruction):
            self._showable_generated.append(len(self._generated))
        self._generated.append(PoolExample(id, instruction))
        self._subjects.accept(next(iter(id_order(id)), -1))
        return None

    def reasons(self, instruction: str, language: str = "") -> Iterator[Reason]:
        """Why the filters, of the chain and of the caller's own, drop an instruction; `admit` goes by the first.

        Args:
            instruction: its text.
            language: as of `admit`.
        """
        wanted = language or self._language
        for each in self._config.filters:
            rule = drop_instruction(instruction, (each,), self._scripts, self._lexicon, wanted)
            if rule == "language":
                found = shown(instruction, wanted)
                yield Reason(rule, round(found.wanted, 3), language=found.tag)
            elif rule:
                yield Reason(rule)
        yield from (Reason(own) for check in self._filters if (own := check(instruction)))
