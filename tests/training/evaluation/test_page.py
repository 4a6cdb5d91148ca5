"""The page of an evaluation: all of it in one file, and nothing in it that a model wrote can run."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from selfinstruct_chains.files.items import Item
from selfinstruct_chains.files.predictions import Answer
from selfinstruct_chains.files.ratings import Rated
from selfinstruct_chains.training.evaluation.comparing import evaluation
from selfinstruct_chains.training.evaluation.judging import judging
from selfinstruct_chains.training.evaluation.judging_text import judging_text
from selfinstruct_chains.training.evaluation.page import page
from selfinstruct_chains.training.evaluation.pairs import Pair

if TYPE_CHECKING:
    from selfinstruct_chains.tasks import Rating

HOSTILE = "</script><script>alert(1)</script>"
ITEMS = [
    Item(str(number), f"Say {number} {HOSTILE}", HOSTILE, (HOSTILE, "A"), number % 2 == 0, category=HOSTILE)
    for number in range(40)
]
ANSWERS = {item.id: Answer(HOSTILE if item.is_classification else "A", stopped=True) for item in ITEMS}
PAGE = page(evaluation(ITEMS, {HOSTILE: ANSWERS, "b": dict(list(ANSWERS.items())[:-1])}), HOSTILE)


def test_what_others_wrote_stands_in_data_alone() -> None:
    scripts = re.findall(r"<script>(.*?)</script>", PAGE, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()

    assert len(scripts) == 1
    assert "alert(1)" not in scripts[0]
    assert HOSTILE not in PAGE
    assert f"script-src 'sha256-{digest}';" in PAGE
    assert not re.search(r"https?://", PAGE)


def test_every_item_is_there_with_both_answers() -> None:
    blocks = re.findall(r'class="rows">([^<]+)<', PAGE)
    rows = [row for block in blocks for row in json.loads(gzip.decompress(base64.b64decode(block)))]

    assert [row["id"] for row in rows] == [item.id for item in ITEMS]
    assert rows[0]["references"] == [HOSTILE, "A"]
    assert rows[1]["answers"][0] == {"text": "A", "stopped": True, "rouge": 100.0, "first": 100.0, "exact": None}
    assert rows[-1]["answers"][1] is None


def sections(text: str) -> dict[str, Any]:
    """The page's sections by their ids."""
    [content] = re.findall(r'id="content">(.*?)</script>', text, re.DOTALL)
    return {section["id"]: section for section in json.loads(content)["sections"]}


def test_the_judge_s_figures_stand_on_it_as_in_the_text() -> None:
    """Every line of the text table is a row of the page's; a model without a readable verdict has no dot."""
    ids = [item.id for item in ITEMS]
    ratings: dict[str, dict[str, Rating | None]] = {
        "base": dict.fromkeys(ids, "D"),
        "tuned": {id_: "A" if int(id_) % 4 else "B" for id_ in ids[1:]} | {"0": None},
        "mute": dict.fromkeys(ids),
    }
    won, unread = Pair("second", "first", longer=3), Pair(None, None, longer=1)
    pairs = {"tuned": [won] * 29 + [won._replace(longer=-3)] * 10 + [unread], "mute": [unread] * 40}
    people = [Rated(id_, "tuned", "A", by) for id_ in ids[:9] for by in ("one", "two")]
    said = judging("gpt", "base", len(ITEMS), ratings, pairs, people)
    answers = dict.fromkeys(ratings, ANSWERS)

    found = sections(page(evaluation(ITEMS, answers), "x", said))
    text = judging_text(said)

    for id_, rows in (("ratings", 3), ("pairs", 2), ("trust", 2), ("people", 2)):
        assert len(found[id_]["rows"]) == rows
        for cells in (row["cells"] for row in found[id_]["rows"]):
            assert len(cells) == len(found[id_]["columns"])
            assert all(cell in text for cell in cells[1:])
    assert found["ratings"]["rows"][1]["cells"][-1] == "1"
    assert [row["name"] for row in found["ratings"]["plots"][0]["rows"]] == ["base", "tuned"]
    assert [row["name"] for row in found["pairs"]["plots"][0]["rows"]] == ["tuned"]
    assert found["pairs"]["plots"][0]["rows"][0]["clear"] is True
    assert not {"ratings", "pairs", "trust", "people"} & sections(PAGE).keys()
