"""Files and functions stay small enough to be read at one sitting."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import offtake

ROOT = Path(offtake.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
MOST_LINES = 400
MOST_LINES_OF_FUNCTION = 60

LONG = {
    "control/migrations/versions/v0001_first.py:upgrade": "a list: the tables of the first schema, one statement each",
}
"""Functions that are longer, as `folder/file.py:name`, each with its reason."""


def long_functions(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.decorator_list[0].lineno if node.decorator_list else node.lineno
            if (node.end_lineno or first) - first + 1 > MOST_LINES_OF_FUNCTION:
                yield f"{path.relative_to(ROOT)}:{node.name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_stay_small(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MOST_LINES


def test_a_long_function_has_a_reason_and_a_reason_has_a_long_function() -> None:
    assert {name for path in FILES for name in long_functions(path)} == set(LONG)
    assert all(LONG.values())
