"""The page of an evaluation: all of it in one file, and nothing in it that a model wrote can run."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re

from selfinstruct_chains.files.items import Item
from selfinstruct_chains.files.predictions import Answer
from selfinstruct_chains.training.evaluation.comparing import evaluation
from selfinstruct_chains.training.evaluation.page import page

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
