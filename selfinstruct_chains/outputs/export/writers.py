"""Rows to files, a few at a time: JSON Lines, a JSON array, CSV, Parquet, and a folder of the `datasets` library."""

from __future__ import annotations

import csv
import json
import re
from itertools import islice
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeAlias

from selfinstruct_chains.files.extras import needed
from selfinstruct_chains.outputs.export.formats import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from selfinstruct_chains.outputs.export.formats import Row

Files: TypeAlias = "Mapping[Path, Callable[[], Iterable[Row]]]"
"""Each file to write, or for `datasets` each folder, and where its rows come from."""

_BATCH = 1000  # rows of a Parquet row group or an Arrow record batch
_ARROW = {str: "string", int: "int64", bool: "bool_"}
_UNSEEN = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
"""What a terminal obeys, what turns text around, and line ends that only some readers know."""
_FORMULA = re.compile(r"[\s']*[=+\-@\uff1d\uff0b\uff0d\uff20]|'*[\t\r\n]")


def write_json_lines(files: Files) -> None:
    """One object on each line; characters that nobody sees are escaped, so a line is a line to every reader."""
    for path, rows in files.items():
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{as_json(row)}\n" for row in rows())


def write_json_array(files: Files) -> None:
    """One array; each object has a line of its own."""
    for path, rows in files.items():
        with path.open("w", encoding="utf-8", newline="\n") as file:
            between = "[\n"
            for row in rows():
                file.write(between + as_json(row))
                between = ",\n"
            file.write("\n]\n")


def write_csv(files: Files) -> None:
    """RFC 4180, every text quoted, and as it is: a spreadsheet would take "=..." for a formula."""
    for path, rows in files.items():
        with path.open("w", encoding="utf-8", newline="") as file:
            _csv_rows(file, rows())


def write_spreadsheet(files: Files) -> None:
    """CSV that a spreadsheet shows and does not obey: UTF-8 with a BOM, and formulas behind an apostrophe."""
    for path, rows in files.items():
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            _csv_rows(file, ({key: cell(value) for key, value in row.items()} for row in rows()))


def write_parquet(files: Files) -> None:
    """Parquet in row groups of 1,000 rows.

    Raises:
        ConfigError: pyarrow is missing.
    """
    arrow, parquet = needed("pyarrow", "hub"), needed("pyarrow.parquet", "hub")
    schema = _schema(arrow)
    for path, rows in files.items():
        with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
            for batch in _batches(rows()):
                writer.write_batch(arrow.RecordBatch.from_pylist(batch, schema=schema))


def write_datasets(files: Files) -> None:
    """A folder for `datasets.load_from_disk`: a DatasetDict with a split for each name, in the files' common folder.

    Raises:
        ConfigError: datasets is missing.
    """
    datasets, arrow = needed("datasets", "hub"), needed("pyarrow", "hub")
    schema = _schema(arrow)
    shown = datasets.is_progress_bar_enabled()
    datasets.disable_progress_bars()
    folder = next(iter(files)).parent
    try:
        with TemporaryDirectory(dir=folder, prefix=".arrow-") as scratch:
            splits = {}
            for path, rows in files.items():
                stream = f"{scratch}/{path.name}.arrow"
                with arrow.OSFile(stream, "wb") as sink, arrow.ipc.new_stream(sink, schema) as writer:
                    for batch in _batches(rows()):
                        writer.write_batch(arrow.RecordBatch.from_pylist(batch, schema=schema))
                splits[path.name] = datasets.Dataset.from_file(stream)
            datasets.DatasetDict(splits).save_to_disk(folder)
            splits.clear()
    finally:
        if shown:
            datasets.enable_progress_bars()


WRITERS: dict[str, Callable[[Files], None]] = {
    "alpaca": write_json_array,
    "openai": write_json_lines,
    "messages": write_json_lines,
    "sharegpt": write_json_array,
    "prompt-completion": write_json_lines,
    "csv": write_csv,
    "spreadsheet": write_spreadsheet,
    "parquet": write_parquet,
    "datasets": write_datasets,
}
"""What writes each format of `formats.FORMATS`."""


def as_json(value: object, indent: int | None = None) -> str:
    """JSON with its letters as they are and what nobody sees escaped: all of it shows, on as many lines as it seems."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def cell(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: one that it would, apostrophes before it or not, gets one more.

    Taking one apostrophe off each cell that `_FORMULA` matches gives back what was there.
    """
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def _csv_rows(file: Any, rows: Iterable[Row]) -> None:
    writer = csv.DictWriter(file, list(COLUMNS), quoting=csv.QUOTE_NONNUMERIC)
    writer.writeheader()
    writer.writerows(rows)


def _schema(arrow: Any) -> Any:
    return arrow.schema([(name, getattr(arrow, _ARROW[type_])()) for name, type_ in COLUMNS.items()])


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    rows = iter(rows)
    while batch := list(islice(rows, _BATCH)):
        yield batch
