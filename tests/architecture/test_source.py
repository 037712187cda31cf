"""What the source never holds: `Any`, a registry's address, a log message made on the spot."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import offtake

ROOT = Path(offtake.__file__).parent
REPOSITORY = ROOT.parents[1]
FILES = sorted(ROOT.rglob("*.py"))
MAY_USE_ANY = {ROOT / "plugin.py"}

HOSTS = [b".".join(parts) for parts in ([b"pypi", b"org"], [b"pythonhosted", b"org"], [b"npmjs", b"org"])]
"""Put together here, since this file is searched as well."""

INDEX = re.compile(
    rb"^\s*(-i|-f|--(extra-)?index-url|--find-links|--(default-)?index)[ =]+\S|https?://\S+/simple\b", re.M
)
LOG_METHODS = {"debug", "info", "warning", "error", "exception", "critical"}


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in FILES:
        yield path, ast.parse(path.read_text())


@pytest.mark.parametrize("path", sorted(set(FILES) - MAY_USE_ANY), ids=lambda path: str(path.relative_to(ROOT)))
def test_any_is_for_plugin_loading_only(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        names = {ast.Name: "id", ast.Attribute: "attr", ast.alias: "name"}
        assert getattr(node, names.get(type(node), "_none"), None) != "Any", f"line {getattr(node, 'lineno', '?')}"


def test_no_file_names_a_registry() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
    ).stdout
    files = [REPOSITORY / name.decode() for name in listed.split(b"\0") if name]
    assert REPOSITORY / "pyproject.toml" in files
    for path in filter(Path.is_file, files):
        content = path.read_bytes()
        assert not [host for host in HOSTS if host in content], path
        assert not (path.suffix in {".txt", ".toml", ".cfg", ".in"} and INDEX.search(content)), path


def test_an_index_line_is_recognised() -> None:
    assert INDEX.search(b"a==1\n--index-url https" + b"://mirror/x")
    assert INDEX.search(b"# https" + b"://mirror.example/simple/ was used")
    assert not INDEX.search(b"a==1 \\\n    --hash=sha256:00\n")


def test_log_messages_stand_in_the_code_as_they_are_printed() -> None:
    """Values go into `extra`: a message that is put together could carry anything past the allow-list."""
    for path, tree in trees():
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in LOG_METHODS:
                target = ast.unparse(call.func.value).rpartition(".")[2].lower().strip("_")
                if target in {"log", "logger", "logging"}:
                    place = f"{path.relative_to(ROOT)}:{call.lineno}"
                    assert len(call.args) == 1, f"{place}: give values in extra"
                    assert isinstance(call.args[0], ast.Constant), f"{place}: the message is put together"
