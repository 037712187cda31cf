"""Names: a wire form's stays in its own file, and no name says nothing."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import offtake

ROOT = Path(offtake.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
EMPTY_WORDS = {"utils", "util", "helpers", "helper", "common", "base", "manager", "processor", "info"}
OURS = "native"
"""Our own wire form; its name is an ordinary word too."""


def homes() -> dict[str, Path]:
    """The wire forms of other products, with the file or the folder each lives in."""
    found = {path.stem: path for path in (ROOT / "web/dialects").iterdir() if not path.name.startswith("_")}
    return {name: path for name, path in found.items() if name != OURS}


def words(name: str) -> set[str]:
    return {one.lower() for part in name.split("_") for one in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", part)}


def names(path: Path) -> Iterator[str]:
    yield path.parent.name if path.stem == "__init__" else path.stem
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name


def test_a_name_is_split_into_its_words() -> None:
    assert words("read_HTTPInfo2") == {"read", "http", "info", "2"}
    assert words("_base_of") == {"base", "of"}


def test_dialect_names_stay_home() -> None:
    for path in FILES:
        if ROOT / "demo" in path.parents:  # its data, credentials and tour are those of each product
            continue
        for name, home in homes().items():
            at_home = path == home or home in path.parents
            assert at_home or name not in path.read_text().lower(), f"{path.relative_to(ROOT)} names {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_name_says_nothing(path: Path) -> None:
    assert not {name for name in names(path) if words(name) & EMPTY_WORDS}
