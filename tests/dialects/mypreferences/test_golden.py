"""Every exchange on file, as it was written down."""

import base64
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import pytest

from offtake.core.export import Export
from offtake.service import retention
from offtake.testing.asgi import Answer, Client
from offtake.testing.golden import Player, Step
from offtake.testing.house import Stage
from offtake.web.dialects.mypreferences.options import Account, Criterion, Options

ACME = "ACME_CORP"
TYPES = {Criterion.ALTERNATE_ID: ("CRM",)}
ACCOUNT = Account(
    segment_groups=("Loyalty Members", "a/b"),
    segments=("Newsletter", "Gäste & Freunde"),
    schedules={"Nightly": "nightly", "No times": "timeless"},
    match_types=TYPES,
)
OPTIONS = Options(accounts={ACME: ACCOUNT}, quota=20)
FILES = sorted(Path(__file__).parent.glob("*.http"))
ROWS = ({"CID": "C-1001", "ChannelID": "Email"}, {"CID": "C-1001", "ChannelID": "SMS"})
NIGHT = (
    {"cid": "C-1001", "n": 1200, "changed": "2024-01-02T03:04:05.003Z"},
    {"cid": "Ü & 2", "n": None, "changed": ""},
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_exchanges(
    path: Path,
    stage: Stage,
    serve: Callable[[Options], Client],
    ask: Callable[..., Answer],
    finish: Callable[..., Export],
    fail: Callable[..., None],
) -> None:  # fmt: skip
    known = {"a": f"/API/3/async/{ACME}", "b": f"/Profiles/Async/{ACME}", "c": f"/Profiles/v4/Async/{ACME}"}

    def sign() -> None:
        at = f"{stage.clock.now:%Y-%m-%dT%H:%M:%SZ}"
        for name, user, secret in (("auth", "api.user", "demo-secret"), ("watcher", "watcher", "fourth")):
            made = hmac.digest(secret.encode(), f"{ACME}:{user}:{at}".encode(), "sha256")
            known[name] = f"PNAUTHINFO3-HMAC-sha256 Credential={user}/{at} Signature={base64.b64encode(made).decode()}"

    def at(instant: str) -> None:
        stage.clock.now = datetime.fromisoformat(instant)
        retention.expire(stage.house)
        sign()

    def many(count: str) -> None:
        """Ask for so many exports."""
        for _ in range(int(count)):
            ask()

    steps: Mapping[str, Step] = {
        "finish": lambda token: finish(int(token), ROWS),
        "night": lambda token: finish(int(token), NIGHT),
        "fail": lambda token: fail(int(token)),
        "at": at,
        "ask": many,
    }
    sign()
    Player(serve(OPTIONS), known, steps).play(path)
