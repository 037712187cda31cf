"""Every exchange on file, as it was written down."""

from collections.abc import Callable, Mapping
from datetime import datetime
from gzip import compress
from pathlib import Path

import pytest

from offtake.core.error import Internal
from offtake.service import retention, runs
from offtake.testing.asgi import Client
from offtake.testing.golden import Player, Step
from offtake.testing.house import Stage

FILES = sorted(Path(__file__).parent.glob("*.http"))
HUNDRED_AND_ONE = "x" * 101


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_exchanges(path: Path, stage: Stage, client: Client, made: Callable[..., str]) -> None:
    known = {
        "key": "4f1d9c0b7a6e5d3c2b1a",
        "other_key": "0a1b2c3d4e5f60718293",
        "archive_key": "99887766554433221100",
        "root": "/v3/exports",
        "json": "application/vnd.api+json",
        "too_long": HUNDRED_AND_ONE,
        "never": "00000000-0000-4000-8000-000000000000",
    }
    Player(client, known, _steps(stage, made)).play(path)


def _steps(stage: Stage, made: Callable[..., str]) -> Mapping[str, Step]:
    def succeed(export_id: str) -> None:
        stage.succeed(export_id, {"calls.csv.gz": compress(b"Source\n1\n")})

    def fail(export_id: str) -> None:
        runs.fail(stage.house, stage.start(export_id), Internal("It broke."))

    def at(instant: str) -> None:
        stage.clock.now = datetime.fromisoformat(instant)
        retention.expire(stage.house)

    def ask(count: str) -> None:
        """Ask for so many exports as the other account."""
        for _ in range(int(count)):
            made(account="globex")

    return {"succeed": succeed, "start": stage.start, "fail": fail, "at": at, "ask": ask}
