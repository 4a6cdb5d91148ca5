"""`selfinstruct dedup`: drop near-duplicates from any JSONL."""

from __future__ import annotations

import os
import stat
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from selfinstruct_chains.cli import options
from selfinstruct_chains.cli.echo import echo_json, say
from selfinstruct_chains.cli.parameters import OneOf

if TYPE_CHECKING:
    from selfinstruct_chains.cli.bars import Bar
    from selfinstruct_chains.method.tokens import Tokenizer
    from selfinstruct_chains.outputs.dedup import Deduplicated


@click.command()
@click.argument("source", metavar="FILE", type=click.File("rb"))
@click.option(
    "-o", "--output", "out", type=click.Path(path_type=Path), required=True, help="JSONL of what is kept, or -."
)
@click.option(
    "--rejected", type=click.Path(path_type=Path), help="JSONL of what is not.  [default: OUT.rejected.jsonl]"
)
@click.option(
    "--field",
    "fields",
    multiple=True,
    default=["instruction"],
    show_default=True,
    metavar="KEY",
    help="The key of each object's text. Repeatable: copies are alike in every one.",
)
@click.option("--threshold", default="0.7", show_default=True, help="F-measure from which a text is too similar.")
@click.option(
    "--tokenizer",
    type=OneOf(["unicode", "rouge"]),
    default="unicode",
    show_default=True,
    help="What a word is: in any script, or the paper's runs of ASCII letters and digits.",
)
@click.option(
    "--exclude",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="PATH",
    help="Also drop what stands in this evaluation file or folder. Repeatable.",
)
@click.option("--neighbours", is_flag=True, help="Put the text of the nearest into the lines of what is dropped.")
@click.option("--skip-bad", is_flag=True, help="Count and leave out lines without a text in the field.")
@click.option("--force", is_flag=True, help="Replace outputs that exist.")
@options.as_json
@options.quiet
def command(  # noqa: PLR0913, PLR0917 - one for each option
    source: BinaryIO,
    out: Path,
    rejected: Path | None,
    fields: tuple[str, ...],
    threshold: str,
    tokenizer: Tokenizer,
    exclude: tuple[Path, ...],
    *,
    neighbours: bool,
    skip_bad: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Drop from FILE what is too similar to something before it, by exact ROUGE-L.

    FILE is JSONL or a JSON array of objects, - for standard input. The first of each similar group is kept; each
    rejected object goes to a second file with its line, that of the nearest of the kept, and their F-measure.
    --exclude takes .json, .jsonl and .txt, and folders of them: an object stands there when its first field has
    ROUGE-L 0.7 or more with any text, or 13 words in a row of a field are in one.

    \b
    selfinstruct dedup tasks.jsonl -o novel.jsonl
    selfinstruct dedup alpaca.json --field instruction --field input -o n.jsonl
    zcat prompts.jsonl.gz | selfinstruct dedup - --field prompt -o novel.jsonl
    """
    from selfinstruct_chains.cli.bars import Bar
    from selfinstruct_chains.outputs.dedup import dedup, rejected_beside

    rejected = rejected or rejected_beside(out)
    with Bar() as bar:
        counts = dedup(
            source,
            out,
            rejected=rejected,
            fields=fields,
            threshold=threshold,
            tokenizer=tokenizer,
            exclude=exclude,
            neighbours=neighbours,
            skip_bad=skip_bad,
            force=force,
            on_progress=partial(_shown, bar, _size(source)),
        )
    to_stdout = str(out) == "-" or str(rejected) == "-"
    if as_json:
        echo_json({"out": str(out), "rejected_to": rejected and str(rejected), **_values(counts)}, err=to_stdout)
    else:
        say(_summary(counts, fields, out, rejected), err=to_stdout)


def _values(counts: Deduplicated) -> dict[str, object]:
    return asdict(counts) | {"absent": sorted(counts.absent)}


def _summary(counts: Deduplicated, fields: tuple[str, ...], out: Path, rejected: Path | None) -> str:
    lines = [
        f"Kept {counts.kept:,} of {counts.kept + counts.rejected:,}: {out}",
        f"Rejected {counts.rejected:,}: {rejected or 'not written'}",
    ]
    if counts.excluded:
        lines.append(f"Of these, {counts.excluded:,} stand in the evaluation files")
    if counts.differing:
        same = " and ".join(map(repr, fields))
        lines.append(f"Of these, {counts.differing:,} have the same {same} as one that is kept, and differ elsewhere;")
        lines.append("to keep such, name what tells them apart too: another --field")
    if absent := counts.absent & set(fields) if counts.kept else set():
        lines.append(f"Nothing had a text in {', '.join(map(repr, sorted(absent)))}")
    if counts.bad:
        lines.append(f"Left out {counts.bad:,} that could not be read, the first: {counts.first_bad}")
    return "\n".join(lines)


def _shown(bar: Bar, size: int | None, read: int) -> None:
    bar("comparing, KiB", read // 1024, None if size is None else size // 1024)


def _size(source: BinaryIO) -> int | None:
    """Bytes of a regular file; None for a pipe."""
    try:
        status = os.fstat(source.fileno())
    except OSError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None
