"""Every exchange on file, as it was written down."""

from collections.abc import Callable
from pathlib import Path

import pytest

from offtake.testing.asgi import Client
from offtake.testing.golden import Player
from offtake.testing.house import Stage
from offtake.web.server import Server

FILES = sorted(Path(__file__).parent.glob("*.http"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_exchanges(path: Path, stage: Stage, server: Server, work: Callable[[], int], tmp_path: Path) -> None:
    known = {"token": stage.token("acme"), "other_token": stage.token("globex"), "folder": str(tmp_path / "target")}

    def succeed(export_id: str, name: str) -> None:
        stage.succeed(export_id, {name: b"a,b\n1\n2\n"})

    Player(Client(server), known, {"succeed": succeed, "work": work}).play(path)
