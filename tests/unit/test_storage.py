"""Every storage there is keeps to the suite; a new file in `offtake.storage` must be given a place here."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake import plugin
from offtake.core.ports import Storage, StoragePlugin
from offtake.storage.local import Calls, LocalStorage
from offtake.testing.conformance.storage import StorageSuite

PLACES: Mapping[str, Callable[[Path], Mapping[str, object]]] = {
    "local": lambda path: {"directory": str(path / "files")}
}


@pytest.fixture(params=plugin.names("storage"))
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    found: StoragePlugin = plugin.load("storage", request.param)
    return found.open(found.options(**PLACES[request.param](tmp_path)))


class TestStorage(StorageSuite):
    pass


@given(st.text(max_size=40))
def test_no_location_leads_out_of_the_directory(tmp_path_factory: pytest.TempPathFactory, location: str) -> None:
    root = tmp_path_factory.mktemp("storage")
    storage = LocalStorage(root / "files", Calls())
    try:
        writer = storage.create(location)
    except ValueError:
        assert list(root.iterdir()) == []
        return
    writer.commit()
    assert [one.name for one in root.iterdir()] == ["files"]
    assert [found for found, _ in storage.locations("")] == [location]
