"""How likely a model finds reference answers: told apart, the answer itself, and that it ends there.

With small sets of items this shows differences that ROUGE-L can't; and a model that only learnt to stop gains in the
second figure alone. Scores are computed at the answers' positions only, a few at a time: all of them would take
gigabytes with a large vocabulary.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.files.extras import needed
from selfinstruct_chains.training.bases import converted, find_base, load_model, load_tokenizer
from selfinstruct_chains.training.data import Example
from selfinstruct_chains.training.encoding import check_tokenizer, encoded
from selfinstruct_chains.training.processor import choose_processor
from selfinstruct_chains.training.settings import TuneSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from selfinstruct_chains.files.items import Item
    from selfinstruct_chains.training.encoding import Encoded
    from selfinstruct_chains.training.settings import PromptStyle

_BATCH = 2048  # tokens that go through the layers together, those that fill up counted
_SCORED = 64  # positions that are scored together


class Likelihood(NamedTuple):
    """Negative log-likelihoods, in nats; lower is better."""

    nll: float
    """Of the answer without its end, per token."""
    end_nll: float
    """Of the token that ends it."""


def reference_likelihoods(
    base: str, tuned: Path | None, items: Sequence[Item], style: PromptStyle = "plain"
) -> list[Likelihood]:
    """How likely a model finds each item's reference; of several the one that it finds likeliest.

    Args:
        base: the model's base, as `finetune --base` takes it.
        tuned: a folder with an adapter to it, or with whole weights in its place; None for the base as it is.
        items: questions with their references.
        style: how the model is asked.

    Raises:
        ConfigError: a package is missing, the base or the adapter can't be read, or the tokenizer is unfit.
    """
    processor = choose_processor(TuneSettings())
    found = find_base(base)
    tokenizer = load_tokenizer(found)
    check_tokenizer(tokenizer, style)
    owners = [(place, answer) for place, item in enumerate(items) for answer in item.references]
    examples = [
        encoded(tokenizer, Example(items[place].instruction, items[place].input, answer), style)
        for place, answer in owners
    ]
    torch = needed("torch", "train")
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")
        dtype = torch.bfloat16 if processor.precision == "bf16" else torch.float32
        model = _loaded(converted(found), tuned, dtype).to(processor.device).eval()
        scores = _scores(model, examples)
    best: dict[int, Likelihood] = {}
    for (place, _), score in zip(owners, scores, strict=True):
        best[place] = min(best.get(place, score), score)
    return [best[place] for place in range(len(items))]


def _loaded(base: Path, tuned: Path | None, dtype: Any) -> Any:
    """A model of transformers, an adapter's layers in it if there is one."""
    if tuned is None or not (tuned / "adapter_config.json").exists():
        return load_model(tuned or base, dtype)
    return needed("peft", "train").PeftModel.from_pretrained(load_model(base, dtype), str(tuned)).get_base_model()


def _scores(model: Any, examples: Sequence[Encoded]) -> list[Likelihood]:
    scores: dict[int, Likelihood] = {}
    for batch in _batches(examples):
        states = _states(model, [examples[place].ids for place in batch])
        for place, state in zip(batch, states, strict=True):
            scores[place] = _score(model, examples[place], state)
    return [scores[place] for place in range(len(examples))]


def _batches(examples: Sequence[Encoded]) -> Iterator[list[int]]:
    """The places of examples that are about as long as one another."""
    batch: list[int] = []
    for place in sorted(range(len(examples)), key=lambda place: len(examples[place].ids)):
        if batch and (len(batch) + 1) * len(examples[place].ids) > _BATCH:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def _states(model: Any, rows: list[list[int]]) -> Any:
    """What the last layer gives at each position; behind a row's end it means nothing."""
    torch = needed("torch", "train")
    longest = max(map(len, rows))
    ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows], device=model.device)
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows], device=model.device)
    return model.get_decoder()(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state


def _score(model: Any, example: Encoded, states: Any) -> Likelihood:
    torch = needed("torch", "train")
    head, cap = model.get_output_embeddings(), getattr(model.config, "final_logit_softcapping", None)
    first = max(1, example.prompt)
    before, wanted = states[first - 1 : len(example.ids) - 1], torch.tensor(example.ids[first:], device=model.device)
    losses: list[float] = []
    for start in range(0, len(wanted), _SCORED):
        logits = head(before[start : start + _SCORED]).float()
        logits = cap * torch.tanh(logits / cap) if cap else logits
        part = torch.nn.functional.cross_entropy(logits, wanted[start : start + _SCORED], reduction="none")
        losses += part.tolist()
    answer = losses[: len(losses) - example.end]
    return Likelihood(sum(answer) / max(1, len(answer)), losses[len(answer)])
