"""What is asked where instances are written anew: an output for an instruction and input, or whole instances.

Whole instances are asked for as in a run, input-first or output-first (paper section 2.2, step 3). An output alone is
the paper's regeneration (section 4.5): the instruction and its input, and nothing else but examples for a completion
model, which are seeds.
"""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from selfinstruct_chains.config import ROLES
from selfinstruct_chains.files.prompt import load_prompt
from selfinstruct_chains.method import steps
from selfinstruct_chains.method.parsers import OutputParser
from selfinstruct_chains.method.prompting import template
from selfinstruct_chains.models.own import own_model
from selfinstruct_chains.models.registry import ConfiguredModel, check_model
from selfinstruct_chains.run.asking import Asked, Question
from selfinstruct_chains.run.assembly import as_known_for, demonstrations
from selfinstruct_chains.run.journal import text_hash
from selfinstruct_chains.run.language import lexicon_of
from selfinstruct_chains.run.manifest import seed_lines
from selfinstruct_chains.tasks import Instance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from langchain_core.messages import AIMessage
    from langchain_core.runnables import Runnable

    from selfinstruct_chains.config import ChainConfig, Prompt
    from selfinstruct_chains.method.parsers import ReplyParser
    from selfinstruct_chains.method.parsing import Parsed
    from selfinstruct_chains.method.steps import Links
    from selfinstruct_chains.tasks import Task

Written = tuple[Instance, ...]
"""What one reply gives."""
WARM = 0.7
"""The temperature of several samples, where the chain's is 0: they would all be one text."""


class Place(NamedTuple):
    """What one reply writes anew: the output of one instance, or all instances of a task."""

    id: str
    task: Task
    instance: Instance | None
    """None: all of them."""


def places(tasks: Sequence[Task], *, inputs: bool) -> Iterator[Place]:
    """What there is to write anew of tasks: their outputs, or inputs and outputs."""
    for task in tasks:
        if inputs:
            yield Place(task.id, task, None)
            continue
        for number, instance in enumerate(task.instances):
            yield Place(f"{task.id}/{number}", task, instance)


class Writer:
    """The model of a chain's input-first role, to be asked for instances.

    Args:
        chain: the chain.
        seeds: the run's, which examples are taken from.
        inputs: whether whole instances are asked for, not outputs alone.
        samples: how many times each place is asked about.
        model: a LangChain model to use instead of the chain's, or what LangChain makes of one.

    Raises:
        ConfigError: the model can't be built, or the shipped prompt is not there.
    """

    def __init__(
        self,
        chain: ChainConfig,
        seeds: Sequence[Task],
        *,
        inputs: bool = False,
        samples: int = 1,
        model: Runnable[Any, Any] | None = None,
    ) -> None:
        settings = chain.model_for("input_first")
        if samples > 1 and settings.temperature == 0:
            settings = settings.model_copy(update={"temperature": WARM})
        self.samples = samples
        self.notes: list[str] = [] if model is not None else check_model(settings)
        """What there is to say of the model before it is asked."""
        self._own = own_model(model) if model is not None else None
        self._kind = self._own.kind if self._own else settings.kind
        self._chain, self._settings, self._seeds = chain, settings, seeds
        self._prompt = load_prompt("regenerate", "regenerate", "text", beside=Path(), at="prompt")
        self._forms = self._instance_forms() if inputs else {}
        self._told = self._output_template()
        self._parser = OutputParser(reply_characters=chain.run.reply_characters, lexicon=lexicon_of(chain))

    @property
    def name(self) -> str:
        """Who writes, in words."""
        return self._own.get_name() if self._own else f"{self._settings.provider}, {self._settings.name}"

    def asked(self, source: str) -> Asked:
        """Whom `run.asking.asking` is to ask about a run of the fingerprint `source`."""
        how = {"prompt": self._prompt.model_dump(mode="json")} if not self._forms else self._roles()
        shaping = {
            "source": source,
            "samples": self.samples,
            "seeds": text_hash(seed_lines(self._seeds).decode()),
            **how,
        }
        return Asked("regenerate", self._chain, self._settings, shaping, self._own)

    def questions(self, place: Place) -> list[Question[Written]]:
        """One for each sample; calls of different samples have different seeds."""
        return [self._question(f"{place.id}/{sample}", place) for sample in range(self.samples)]

    def _question(self, id_: str, place: Place) -> Question[Written]:
        task, instance = place.task, place.instance
        if instance is None:
            links = self._forms["output_first" if task.is_classification else "input_first"]
            return Question(id_, links.prompt(task.instruction), _items(links), links.options)
        prompt = self._told.format_prompt(task=question(task.instruction, instance.input))
        stops = self._prompt.completion.stop
        options: dict[str, Any] = {"stop": list(stops)} if self._kind == "completion" else {}
        return Question(id_, prompt, lambda message: (self._with_output(instance, message),), options)

    def _with_output(self, instance: Instance, message: AIMessage) -> Instance:
        return Instance(input=instance.input, output=self._parser.read(message))

    def _output_template(self) -> Any:
        role = self._chain.instances.input_first
        texts = _examples(self._prompt, self._seeds, self._chain.run.seed)
        longest = role.example_characters or max(map(len, texts))
        shown = [text for text in texts if len(text) <= longest][: role.examples] or [min(texts, key=len)]
        fixed = {"examples": self._prompt.separator.join(shown)} if self._kind == "completion" else {}
        return template(self._prompt, self._kind, "text", system_role=self._settings.system_role is not False, **fixed)

    def _instance_forms(self) -> Mapping[str, Links]:
        """The steps of both forms without their model; `output: auto` is what is known of the model without a call."""
        model = self._own or ConfiguredModel(self._settings)
        chain = self._chain
        for role in ("input_first", "output_first"):
            chain = chain.with_role(role, model=self._settings)
        self._chain = chain = as_known_for(chain, dict.fromkeys(ROLES, model))
        shown = demonstrations(chain, self._seeds).by_role
        limit, read = chain.instances.max_instances, lexicon_of(chain)
        both = {"input_first": chain.instances.input_first, "output_first": chain.instances.output_first}
        return {
            form: steps.instance_links(form, role, self._kind, shown[form].text, limit).reading(  # type: ignore[arg-type, index]
                chain.run.reply_characters, read
            )
            for form, role in both.items()
        }

    def _roles(self) -> dict[str, Any]:
        """What shapes whole instances."""
        return {key: value for key, value in self._chain.shaping().items() if key.startswith("instances.")}


def question(instruction: str, material: str) -> str:
    """The instruction, and below it the input if there is one."""
    return f"{instruction}\n\n{material}" if material.strip() else instruction


def _items(links: Links) -> Callable[[AIMessage], Written]:
    def read(message: AIMessage) -> Written:
        found: Parsed[Instance] = cast("ReplyParser[Parsed[Instance]]", links.parser).read(message)
        return found.items

    return read


def _examples(prompt: Prompt, seeds: Sequence[Task], seed: int) -> list[str]:
    """A seed's first instance each, in an order that the run's seed draws."""
    tasks = list(seeds)
    Random(f"{seed}:regenerate").shuffle(tasks)
    return [
        prompt.example.format(task=question(task.instruction, one.input), output=one.output)
        for task in tasks
        for one in task.instances[:1]
    ]
