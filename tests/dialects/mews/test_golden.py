"""Every exchange on file, as it was written down."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from offtake.core.error import Internal
from offtake.core.tenant import Action, TenantId
from offtake.service import retention, runs, tenants
from offtake.testing.asgi import Answer, Client
from offtake.testing.golden import Player, Step
from offtake.testing.house import Stage

FILES = sorted(Path(__file__).parent.glob("*.http"))

KNOWN = {
    "client": "0A1B2C3D4E5F60718293A4B5C6D7E8F9-0123456789ABCDEF0123456789ABCDE",
    "access": "9F8E7D6C5B4A39281706F5E4D3C2B1A0-FEDCBA9876543210FEDCBA987654321",
    "hotel_access": "8E7D6C5B4A39281706F5E4D3C2B1A09F-EDCBA9876543210FEDCBA9876543210",
    "other_client": "1B2C3D4E5F60718293A4B5C6D7E8F90A-123456789ABCDEF0123456789ABCDEF",
    "other_access": "7D6C5B4A39281706F5E4D3C2B1A09F8E-DCBA9876543210FEDCBA98765432101",
    "hotel": "1f0e7c52-0a1b-4c55-9b0f-6a3d2f0a9c11",
    "second_hotel": "7c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5",
    "chain": "5b6a7988-1c2d-4e3f-9a4b-5c6d7e8f9a0b",
    "foreign_hotel": "c0ffee00-1111-4222-8333-444455556666",
    "root": "/api/connector/v1/exports",
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_exchanges(path: Path, stage: Stage, client: Client, post: Callable[..., Answer]) -> None:
    readers = frozenset({Action.READ})
    reader = stage.token("seaside", kind="mews", partner=KNOWN["client"], actions=readers)
    known = {**KNOWN, "reader_access": reader}
    Player(client, known, _steps(stage, post)).play(path)


def _steps(stage: Stage, post: Callable[..., Answer]) -> Mapping[str, Step]:
    def succeed(export_id: str, *sizes: str) -> None:
        """Leave files of so many bytes, each of two lines and more."""
        files = {f"{number}.jsonl": _lines(int(size)) for number, size in enumerate(sizes)}
        stage.succeed(export_id, files)

    def at(instant: str) -> None:
        stage.clock.now = datetime.fromisoformat(instant)
        retention.expire(stage.house)

    def later(minutes: str) -> None:
        stage.clock.advance(timedelta(minutes=int(minutes)))

    def fail(export_id: str) -> None:
        runs.fail(stage.house, stage.start(export_id), Internal("It broke."))

    def spend(requests: str) -> None:
        """Send requests that are counted, though nothing comes of them."""
        for _ in range(int(requests)):
            assert post("getAll").status == 400

    def disable(tenant: str) -> None:
        tenants.set_disabled(stage.house, TenantId(tenant), True)

    return {
        "succeed": succeed,
        "at": at,
        "later": later,
        "start": stage.start,
        "fail": fail,
        "spend": spend,
        "disable": disable,
    }


def _lines(size: int) -> bytes:
    first = b'{"Id":"1"}\n'
    return first + b'{"Id":"' + b"2" * (size - len(first) - 10) + b'"}\n'
