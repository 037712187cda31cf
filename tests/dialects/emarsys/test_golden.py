"""Every exchange on file, as it was written down."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from offtake.core.error import Internal
from offtake.core.export import Export
from offtake.service import pushing, runs
from offtake.testing.asgi import Client
from offtake.testing.golden import Player, Step
from offtake.testing.house import Stage

FILES = sorted(Path(__file__).parent.glob("*.http"))
HEADER = b"user_id,First Name,E-Mail,Loyalty Level\r\n"
ROWS = (b"1,Ada,ada@example.com,Gold\r\n", b"2,Bo,bo@example.com,\r\n", b'3,"Q""",q@example.com,"a,b"\r\n')


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_exchanges(
    path: Path,
    stage: Stage,
    client: Client,
    signed: Callable[..., str],
    latest: Callable[[], Export],
    finish: Callable[..., Export],
) -> None:
    known: dict[str, str] = {}

    def sign() -> None:
        known.update(wsse=signed(), stranger=signed("stranger01"))

    def start() -> None:
        stage.start(latest().id)

    def deliver() -> None:
        with stage.house.control.reading() as tx:
            (waiting,) = tx.deliveries.of(latest_delivered().id, latest_delivered().tenant_id)
        push = pushing.begin(stage.house, waiting.id)
        assert push is not None
        pushing.finish(stage.house, push, stage.clock.now, 0.1)

    def latest_delivered() -> Export:
        with stage.house.control.reading() as tx:
            delivery = tx.deliveries.get(stage.engine.tasks[-1].subject, None)  # type: ignore[arg-type]
            assert delivery is not None
            found = tx.exports.get(delivery.export_id, None)
        assert found is not None
        return found

    def lose() -> None:
        stage.house.storage.delete(latest().parts[0].location)

    def at(instant: str) -> None:
        stage.clock.now = datetime.fromisoformat(instant)
        sign()

    def fail() -> None:
        runs.fail(stage.house, stage.start(latest().id), Internal("It broke."))

    sign()
    steps: dict[str, Step] = {"start": start, "deliver": deliver, "lose": lose, "at": at, "fail": fail}
    Player(client, known, {**steps, "finish": lambda: finish(HEADER, ROWS)}).play(path)
