"""Locked dependencies name versions and content, and no place to get them from."""

import json
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).parents[2] / "requirements"


@pytest.mark.parametrize("path", sorted(REQUIREMENTS.rglob("*.txt")), ids=lambda path: path.stem)
def test_every_package_of_python_has_its_hashes(path: Path) -> None:
    entries = path.read_text().replace("\\\n", " ").splitlines()
    assert entries
    for entry in entries:
        assert "==" in entry, entry
        assert "--hash=sha256:" in entry, entry
        assert "://" not in entry, entry


@pytest.mark.parametrize("path", sorted(REQUIREMENTS.rglob("package-lock.json")), ids=lambda path: path.parent.name)
def test_every_package_of_node_has_its_hash(path: Path) -> None:
    text = path.read_text()
    packages = {name: one for name, one in json.loads(text)["packages"].items() if name}
    assert packages
    assert all(one["integrity"].startswith("sha512-") for one in packages.values())
    assert "://" not in text
