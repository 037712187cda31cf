"""Plug-ins are found by name, and only what is asked for is imported."""

import subprocess
import sys
from importlib.metadata import EntryPoint, EntryPoints
from types import SimpleNamespace

import pytest

from offtake import plugin
from offtake.core.error import InvalidRequest


def test_every_plug_in_of_every_kind_can_be_loaded() -> None:
    assert plugin.names("storage")
    for kind in plugin.CONSTANTS:
        for name in plugin.names(kind):
            assert plugin.load(kind, name) is not None


def test_listing_imports_no_plug_in() -> None:
    probe = (
        "import sys; from offtake import plugin; [plugin.names(kind) for kind in plugin.CONSTANTS]; "
        "print([one for one in sys.modules if one.startswith('offtake.') and one.count('.') > 1 and 'core' not in one])"
    )
    output = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stdout
    assert output.strip() == "[]"


def test_an_unknown_name_is_told_which_there_are() -> None:
    with pytest.raises(InvalidRequest) as refused:
        plugin.load("storage", "locl")
    assert "locl" in refused.value.message
    assert "local" in (refused.value.cure or "")


@pytest.mark.parametrize("name", ["_private", "__init__", "", "../core", "local.py", "os"])
def test_what_is_no_plug_in_cannot_be_loaded(name: str) -> None:
    with pytest.raises(InvalidRequest):
        plugin.load("storage", name)


def test_an_unknown_kind_is_told_which_there_are() -> None:
    with pytest.raises(InvalidRequest) as refused:
        plugin.names("core")
    assert "storage" in (refused.value.cure or "")


def test_a_stranger_is_found_by_entry_point_and_does_not_displace_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(*, group: str) -> EntryPoints:
        strangers = [("tape", "types:SimpleNamespace"), ("local", "types:ModuleType")]
        return EntryPoints(EntryPoint(name, value, group) for name, value in strangers if group == "offtake.storage")

    ours = plugin.load("storage", "local")
    monkeypatch.setattr(plugin, "entry_points", found)
    assert set(plugin.names("storage")) >= {"local", "tape"}
    assert plugin.load("storage", "tape") is SimpleNamespace
    assert plugin.load("storage", "local") is ours
    assert "tape" not in plugin.names("formats")
