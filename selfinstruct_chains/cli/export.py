"""`selfinstruct export`: a run as a dataset to train on."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from selfinstruct_chains.cli import options
from selfinstruct_chains.cli.echo import echo_json, say
from selfinstruct_chains.cli.parameters import Number, OneOf, Whole
from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.files.writing import standard_output
from selfinstruct_chains.outputs.export.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selfinstruct_chains.outputs.export.export import Exported
    from selfinstruct_chains.outputs.export.push import Pushed
    from selfinstruct_chains.run.reader import RunReader

_FILE = click.Path(path_type=Path)
_SHARE = Number(0, 1, max_open=True)


@click.command()
@options.run
@click.option("--format", "format_name", type=OneOf(list(FORMATS)), required=True, metavar="FORMAT", help="See above.")
@click.option("-o", "--output", "out", type=_FILE, required=True, help="A file, a folder for a file per split, or -.")
@click.option("--validation", type=_SHARE, default=0.0, metavar="SHARE", help="Of the instructions to set aside: 0.1.")
@click.option("--test", type=_SHARE, default=0.0, metavar="SHARE", help="The same, for a test split.")
@click.option("--include-seeds", "seeds", is_flag=True, help="The seed tasks too.")
@click.option("--max-instances", type=Whole(min=1), metavar="K", help="At most K instances of each task.")
@click.option("--balance-labels", is_flag=True, help="In each classification task as many instances of every label.")
@click.option("--max-tokens", type=Whole(min=1), metavar="N", help="No instances of more than N tokens.")
@click.option("--tokenizer", type=_FILE, metavar="tokenizer.json", help="What counts them.  [default: words]")
@click.option(
    "--exclude", type=_FILE, multiple=True, metavar="PATH", help="No tasks that stand in this file or folder."
)
@click.option("--only-approved", is_flag=True, help="Only tasks that a review approved.")
@click.option("--drop-rejected", is_flag=True, help="No tasks that a review rejected.")
@click.option("--original", is_flag=True, help="The model's text, also where people have corrected it in a review.")
@click.option("--shuffle", is_flag=True, help="Instances in random order.")
@click.option("--seed", type=int, default=42, show_default=True, help="For splits, order and prompt templates.")
@click.option("--end-token", default="", metavar="TEXT", help="What ends a completion, in prompt-completion.")
@click.option("--language", "languages", multiple=True, metavar="CODE", help="For the card, such as en. Repeatable.")
@click.option("--license", default="", metavar="NAME", help="For the card, such as cc-by-4.0.")
@click.option("--terms", default="", metavar="TEXT", help="For the card: what the model's terms say of its output.")
@click.option("--title", default="", metavar="TEXT", help="Of the card.  [default: the chain and the size]")
@click.option("--push", default="", metavar="OWNER/NAME", help="Also put it on the Hugging Face Hub.")
@click.option("--public", is_flag=True, help="For all to read; else a pushed dataset is private.")
@click.option("--force", is_flag=True, help="Replace an export that is there, and a pushed one's card.")
@options.as_json
@options.quiet
def command(run: Path, format_name: str, out: Path, *, as_json: bool, **chosen: Any) -> None:
    """Write a run as a dataset to train on, with a card that says what is in it and how it was made.

    \b
    FORMAT
    alpaca              instruction, input, output: a JSON array
    openai              chat fine-tuning files of OpenAI, by its rules
    messages            conversations for Hugging Face's trainers
    sharegpt            conversations as ShareGPT has them
    prompt-completion   several prompt templates, chosen at random
    csv                 all fields, as they are; how pandas reads it is told
    spreadsheet         csv to look at: formulas are shown, not obeyed
    parquet, datasets   all fields; both need the extra hub

    OUT with the format's suffix is one file; any other is a folder with a file for each split, and for what
    LLaMA-Factory reads its dataset_info.json. Rows with a blank output are left out, but of a spreadsheet. Where people
    have corrected a task in a review, their text is taken.

    --push needs the extra hub and a token in HF_TOKEN, or `hf auth login`; the chain file and its prompts go along.

    --exclude takes .json, .jsonl and .txt, and folders of them, and can be repeated; a task stands there when its
    instruction has ROUGE-L 0.7 or more with a text, or 13 words of an input in a row are in one.

    \b
    selfinstruct export runs/embedded-1a2b3c --format alpaca -o alpaca.json
    selfinstruct export runs/mine --format messages -o chat --test 0.1 --shuffle
    selfinstruct export runs/mine --format parquet -o data --exclude eval.jsonl
    selfinstruct export runs/mine --format messages -o chat --push me/mine
    """
    from selfinstruct_chains.cli.bars import Bar
    from selfinstruct_chains.outputs.export.card import Given
    from selfinstruct_chains.outputs.export.export import export
    from selfinstruct_chains.outputs.export.selection import Choice
    from selfinstruct_chains.outputs.export.splits import Shares
    from selfinstruct_chains.run.reader import RunReader

    _refuse_unused(format_name, out, chosen)
    push, public = chosen.pop("push"), chosen.pop("public")
    if push:
        _check_push(push, format_name)
    force, end_token = chosen.pop("force"), chosen.pop("end_token")
    given = Given(**{name: chosen.pop(name) for name in Given._fields})
    shares = Shares(chosen.pop("validation"), chosen.pop("test"))
    choice = Choice(**chosen, shares=shares)
    reader = RunReader(run)
    with _written(out, format_name) as place, Bar() as bar:
        done = export(reader, format_name, place, choice, given, end_token=end_token, force=force, on_progress=bar)
    if not as_json:
        say(_summary(done, to_stdout=place != out), err=place != out)
    pushed = _push(done, reader, push, public=public, force=force) if push else None
    if as_json:
        values = _values(done, to_stdout=place != out) | ({"pushed": pushed._asdict()} if pushed else {})
        echo_json(values, err=place != out)
    elif pushed:
        say(_pushed(pushed, push))


def _refuse_unused(format_name: str, out: Path, chosen: dict[str, Any]) -> None:
    if str(out) == "-":
        on_card = ("languages", "license", "terms", "title")
        options.refuse("is for the card, which does not go to standard output", *on_card)
        options.refuse("takes files, and standard output is none", "push")
        options.refuse("makes several files, and standard output is one", "validation", "test")
    drawn = chosen["shuffle"] or chosen["validation"] or chosen["test"] or format_name == "prompt-completion"
    if not drawn:
        options.refuse("draws splits, --shuffle's order and prompt-completion's templates", "seed")
    if not chosen["max_tokens"]:
        options.refuse("counts tokens for --max-tokens", "tokenizer")
    if not chosen["push"]:
        options.refuse("is about the dataset that --push makes", "public")


@contextmanager
def _written(out: Path, format_name: str) -> Iterator[Path]:
    """Where to write; for `-` a file that goes to standard output, without what would stand beside it, at the end."""
    if str(out) != "-":
        yield out
        return
    if not (suffix := FORMATS[format_name].suffix):
        raise click.UsageError(f"{format_name} is a folder, which can't go to standard output.")
    with TemporaryDirectory() as folder:
        yield (place := Path(folder) / f"export{suffix}")
        with place.open("rb") as file, standard_output() as whole:
            shutil.copyfileobj(file, whole)


def _values(done: Exported, *, to_stdout: bool) -> dict[str, object]:
    files = [] if to_stdout else [str(path) for path in done.files]
    notes = {"notes": list(done.notes), "load": done.load, "train": list(done.train)}
    return {"examples": dict(done.rows), "instructions": done.selection.table.instructions, "files": files, **notes}


def _summary(done: Exported, *, to_stdout: bool) -> str:
    lines = [
        f"{sum(done.rows.values()):,} examples of {done.selection.table.instructions:,} instructions: "
        + ", ".join(f"{split} {count:,}" for split, count in done.rows.items()),
        *done.notes,
    ]
    if not to_stdout:
        lines[1:1] = [f"  {path}" for path in done.files]
        lines += [f"To read it: {done.load}"] * bool(done.load)
        lines += done.train
    return "\n".join(lines)


def _check_push(name: str, format_name: str) -> None:
    from selfinstruct_chains.outputs.export.push import check

    check(name, format_name)


def _push(done: Exported, run: RunReader, name: str, *, public: bool, force: bool) -> Pushed:
    from selfinstruct_chains.outputs.export.push import push
    from selfinstruct_chains.outputs.export.recipe import recipe

    size = sum(path.stat().st_size for path in done.data) / 2**20
    say(f"pushing {size:,.1f} MiB of data to {name}", err=True)
    try:
        return push(done, recipe(run), name, public=public, force=force)
    except ConfigError as error:
        again = "" if force else " with --force"
        raise ConfigError(f"{error}.\nThe export here is whole; the same command{again} tries again") from None


def _pushed(pushed: Pushed, name: str) -> str:
    seen = "private" if pushed.private else "public"
    lines = [f"Pushed ({seen}): {pushed.url}", *(f"  {note}" for note in pushed.notes)]
    return "\n".join([*lines, f'To read it from there: datasets.load_dataset("{name}")'])
