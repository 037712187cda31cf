"""The documentation is whole and true: generated pages are those of the code, and links lead somewhere."""

import json
import re
from pathlib import Path

import pytest

from offtake.app.wiring import plugins
from offtake.cli import reference
from offtake.cli.main import app
from offtake.settings import datasets, load, schema, tenants

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "bench").glob("*.md")]
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("path", list(reference.PAGES))
def test_generated_pages_are_those_of_the_code(path: str) -> None:
    assert (ROOT / "docs" / path).read_text("utf-8") == reference.PAGES[path](), "run `make docs`"


def test_the_schema_for_editors_is_that_of_the_code() -> None:
    stored = json.loads((ROOT / "docs/reference/offtake.schema.json").read_text("utf-8"))
    assert stored == schema(plugins()), "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text("utf-8")):
        if not target.startswith(("http:", "https:", "mailto:")):
            assert (page.parent / target).exists(), target


def test_the_readmes_configuration_is_a_good_one(tmp_path: Path) -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert len(block.splitlines()) <= 12
    path = tmp_path / "offtake.yaml"
    path.write_text(block, "utf-8")
    loaded = load(path, {"DB_PASSWORD": "secret"}, plugins())
    assert [one.name for one in datasets(loaded.settings)] == ["orders"]
    (acme,) = tenants(loaded.settings)
    assert acme.scope == {"tenant": ("42",)}


def test_every_decision_is_numbered_once() -> None:
    numbers = [path.name[:4] for path in (ROOT / "docs/decisions").glob("0*.md")]
    assert sorted(numbers) == [f"{number:04d}" for number in range(1, len(numbers) + 1)]


def test_every_command_is_in_the_reference() -> None:
    text = (ROOT / "docs/reference/command-line.md").read_text("utf-8")
    commands = [name for name in app if not name.startswith("-")]
    assert len(commands) >= 11
    for name in commands:
        assert f"offtake {name}" in text
