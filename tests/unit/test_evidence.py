"""Evidence in Chinese: every sentence that perception can say has a row, and nothing that it says is lost in one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from kangban.config import load_site
from kangban.evidence import SENTENCES, in_language, known, names_of

ROOT = Path(__file__).parents[2] / "perception"
SOURCES = [ROOT / "falls.py", *sorted((ROOT / "events").glob("*.py"))]
SAID_BY = {"lasted": "12 min", "in_words": "21:30"}  # what these functions put into a sentence


def sentences(path: Path) -> Iterator[str]:
    """Every text that becomes evidence: what is assigned to `words`, and what is handed to `_confirm`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        parts: list[ast.AST] = []
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            parts = [node.value] if any(isinstance(t, ast.Name) and t.id == "words" for t in targets) else []
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_confirm":
            parts = list(node.args)
        for part in parts:
            yield from _texts(part)


def _texts(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.JoinedStr):
        yield "".join(_filled(value) for value in node.values)
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)
    elif not isinstance(node, ast.Call):  # a call's own words are checked where it makes them
        for child in ast.iter_child_nodes(node):
            yield from _texts(child)


def _filled(value: ast.expr) -> str:
    if isinstance(value, ast.Constant):
        return str(value.value)
    assert isinstance(value, ast.FormattedValue)
    call = value.value
    name = call.func.id if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) else ""
    return SAID_BY.get(name, "3")


SAID = [(path.name, sentence) for path in SOURCES for sentence in sentences(path)]


def test_there_is_something_to_check() -> None:
    assert len(SAID) > 20


@pytest.mark.parametrize(("where", "sentence"), SAID)
def test_every_sentence_of_perception_has_a_chinese_one(where: str, sentence: str) -> None:
    assert known(sentence), f"{where}: {sentence!r} has no row in kangban/evidence.py"


@pytest.mark.parametrize("sentence", SENTENCES)
def test_what_varies_is_kept(sentence: str) -> None:
    said = sentence.format_map({name: str(100 + ord(name[0])) for name in ("m", "s", "t", "p", "n", "h", "time", "door",
                                                                          "begins", "ends", "room")})  # fmt: skip
    chinese = in_language(said, "zh")
    assert chinese != said and {c for c in said.split() if c.isdigit()} <= set("".join(
        sign if sign.isdigit() else " " for sign in chinese).split())  # fmt: skip


def test_durations_and_the_home_s_own_names_are_put_into_chinese_too() -> None:
    names = names_of(load_site("demo_flat"))
    assert in_language("walked to the front door at 23:41", "zh", names) == "23:41 走向大门"
    assert in_language("sits without moving for 3 h 10 min", "zh") == "坐着不动已 3 小时 10 分钟"
    assert in_language("lies on the floor for 20 s", "zh") == "躺在地上已 20 秒"
    assert in_language("lies on the floor for 20 s", "en") == "lies on the floor for 20 s"
    assert in_language("something new", "zh") == "something new"
