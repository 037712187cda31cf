"""Every public name says what it is.

Excused are: an error or a member of a protocol that is explained, by its name, in the docstring above it (the tree of
errors, the protocol's own); a port's members in a class whose docstring names the port, since they are explained there;
and the tests that `offtake.testing` ships, whose names are sentences.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import offtake

ROOT = Path(offtake.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))

Documented = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def ports() -> dict[str, set[str]]:
    """The members of every protocol, the ports of the core above all."""
    bodies = [ast.parse(path.read_text()).body for path in FILES]
    classes = [one for body in bodies for one in body if isinstance(one, ast.ClassDef)]
    return {
        one.name: {member.name for member in one.body if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef)}
        for one in classes
        if "Protocol" in {ast.unparse(base) for base in one.bases}
    }


PORTS = ports()


def undocumented(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text())
    if ast.get_docstring(tree) is None:
        yield "the module"
    yield from _below(tree, "", is_shipped_test="testing" in path.relative_to(ROOT).parts)


def _below(node: ast.Module | ast.ClassDef, above: str, is_shipped_test: bool) -> Iterator[str]:
    explained = ast.get_docstring(node) or ""
    for one in node.body:
        if not isinstance(one, Documented) or one.name.startswith("_") or _is_variant(one):
            continue
        name = f"{above}{one.name}"
        is_test = is_shipped_test and one.name.lower().startswith("test")
        if ast.get_docstring(one) is None and not is_test and not _excused(node, one, explained):
            yield name
        if isinstance(one, ast.ClassDef):
            yield from _below(one, f"{name}.", is_shipped_test)


def _excused(above: ast.Module | ast.ClassDef, one: Documented, explained: str) -> bool:
    named = re.search(rf"\b{one.name}\b", explained) is not None
    if isinstance(above, ast.ClassDef):
        if "Protocol" in {ast.unparse(base) for base in above.bases}:
            return named
        return any(one.name in members for port, members in PORTS.items() if re.search(rf"\b{port}\b", explained))
    return named and isinstance(one, ast.ClassDef)


def _is_variant(one: Documented) -> bool:
    """Overloads and setters are explained where the name is first defined."""
    return any(ast.unparse(each).endswith(("overload", ".setter")) for each in one.decorator_list)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_public_name_has_a_docstring(path: Path) -> None:
    assert list(undocumented(path)) == []
