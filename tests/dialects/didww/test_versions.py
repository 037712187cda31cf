"""Which version a request is answered in, and what an export keeps of the one it was made in."""

from collections.abc import Callable
from typing import cast

from offtake.core.export import ExportId
from offtake.core.tenant import KeyId, TenantId
from offtake.service import tenants
from offtake.testing.asgi import Answer, Client
from offtake.testing.house import Stage
from offtake.web.dialects.didww.options import Options, Version

OLD, MIDDLE, NEW = Version
ATTRIBUTES = ["status", "created_at", "url", "callback_url", "callback_method", "export_type"]
MORE = [*ATTRIBUTES, "external_reference_id", "filters"]


SELECTION: list[tuple[Version, str | None, Version]] = [
    (OLD, None, OLD),
    (OLD, "2021-12-15", OLD),
    (OLD, "2022-05-10", MIDDLE),
    (OLD, " 2026-04-16 ", NEW),
    (MIDDLE, "2021-12-15", MIDDLE),  # older than the default
    (NEW, "2022-05-10", NEW),
    (MIDDLE, "2026-04-16", NEW),
    (OLD, "2021-12-16", OLD),  # between two: the older
    (OLD, "2022-05-09", OLD),
    (OLD, "2026-04-15", MIDDLE),
    (MIDDLE, "2026-04-15", MIDDLE),
    (OLD, "2026-04-17", OLD),  # newer than the newest: invalid
    (MIDDLE, "2026-10-22", MIDDLE),
    (OLD, "9999-12-31", OLD),
    (OLD, "2017-09-18", OLD),  # older than the oldest
    (NEW, "0001-01-01", NEW),
    (OLD, "", OLD),
    (OLD, "latest", OLD),
    (OLD, "2022-05", OLD),
    (OLD, "2022-5-10", OLD),
    (OLD, "20220510", OLD),
    (OLD, "2022-W19-2", OLD),
    (OLD, "2022-06-31", OLD),  # no day
    (OLD, "2022-13-01", OLD),
    (OLD, "2022-05-10, 2022-05-10", OLD),
    (OLD, "2022-05-10T00:00:00Z", OLD),
]
"""Default, header, and the version that it is answered in."""


def test_the_header_raises_the_default(serve: Callable[[Options], Client], send: Callable[..., Answer]) -> None:
    clients = {one: serve(Options(api_version=one, requests=1000)) for one in Version}
    for default, header, answered in SELECTION:
        answer = send("GET", to=clients[default], version=header)
        assert (answer.status, answer.text("meta", "api_version")) == (200, answered), (default, header)


def test_accounts_and_keys_have_defaults_of_their_own(
    stage: Stage, serve: Callable[[Options], Client], send: Callable[..., Answer]
) -> None:
    issued = tenants.issue_key(stage.house, TenantId("acme"), kind="didww", name="second")
    key_id = cast("KeyId", issued.key.id)
    client = serve(Options(api_versions={"acme": MIDDLE, key_id: NEW}))
    second: dict[str, str | None] = {"api-key": issued.secret}
    assert send("GET", to=client).text("meta", "api_version") == MIDDLE
    assert send("GET", to=client, headers=second).text("meta", "api_version") == NEW
    assert send("GET", to=client, headers=second, version=MIDDLE).text("meta", "api_version") == NEW
    assert send("GET", to=client, account="globex").text("meta", "api_version") == OLD


def test_words_and_attributes_are_those_of_the_reading_request(
    stage: Stage, made: Callable[..., str], shown: Callable[..., dict[str, object]]
) -> None:
    words = ["Pending", "Processing", "Completed"]
    for created in Version:
        asked = {"version": created, "callback_url": "http://client.example", "callback_method": "Post"}
        exports = [made(**asked) for _ in words]
        stage.start(exports[1])
        stage.succeed(exports[2], {"a.csv.gz": b"1\n"})
        for read in Version:
            told = [shown(one, version=read) for one in exports]
            is_new = read is NEW
            assert [one["status"] for one in told] == ([one.lower() for one in words] if is_new else words)
            assert {one["callback_method"] for one in told} == {"post" if is_new else "POST"}
            assert {one["callback_url"] for one in told} == {"http://client.example"}
            assert [one["url"] is None for one in told] == [True, True, False]
            assert [list(one) for one in told] == [MORE if is_new else ATTRIBUTES] * 3
            if is_new:
                made_with = {"from": "2026-11-01 00:00:00", "to": "2026-11-20 00:00:00"}
                assert told[0]["filters"] == (made_with if created is NEW else {"year": 2026, "month": 11})
                assert told[0]["external_reference_id"] is None


def test_filters_of_older_versions_are_whole_numbers_and_only_what_counted(
    made: Callable[..., str], shown: Callable[..., dict[str, object]]
) -> None:
    asked = {"year": "2026", "month": "09", "day": "1", "voice_out_trunk_id": "T", "did_number": "1", "x": "y"}
    out = made("cdr_out", asked)
    into = made("cdr_in", {**asked, "year": 2026, "did_number": 4930})
    assert shown(out, version=NEW)["filters"] == {"year": 2026, "month": 9, "day": 1, "voice_out_trunk.id": "T"}
    assert shown(into, version=NEW)["filters"] == {"year": 2026, "month": 9, "did_number": "4930"}


def test_columns_are_those_of_the_version_that_made_it(stage: Stage, made: Callable[..., str]) -> None:
    def titles(kind: str, version: Version) -> list[str]:
        export = made(kind, version=version)
        with stage.control.reading() as tx:
            found = tx.exports.get(ExportId(export), None)
        assert found is not None
        named = cast("dict[str, str]", found.request.options["titles"])
        (selection,) = found.request.selections
        assert list(named) == list(selection.fields or ())
        return list(named.values())

    into = [titles("cdr_in", one) for one in Version]
    out = [titles("cdr_out", one) for one in Version]
    assert into[0] == into[1] == OLD_IN.split("\n")
    assert into[2] == NEW_IN.split("\n")
    assert out == [OUT.split("\n")] * 3
    assert (len(into[0]), len(into[2]), len(out[0])) == (15, 22, 19)


OLD_IN = """\
Date/Time Start (UTC)
Date/Time Connect (UTC)
Date/Time End (UTC)
Source
DID
Destination
Duration (secs)
Disconnect Initiator
Disconnect Code
Response
TollFree Amount (USD)
Termination Amount (USD)
Metered Channels Amount (USD)
Customer ID
Sell Amount (Points)"""
NEW_IN = """\
Date/Time Start (UTC)
Date/Time Connect (UTC)
Date/Time End (UTC)
Status
Source
Source Name
Destination DID
Duration (sec)
Attempt
Disconnect Code
Response
Disconnect Initiator
Voice IN Trunk
Destination
Trunk Group
Capacity Group
Toll-free (USD)
PSTN (USD)
Metered (USD)
CNAM IN (USD)
Total (USD)
Call ID"""
OUT = """\
Date/Time Start (UTC)
Date/Time Connect (UTC)
Date/Time End (UTC)
Status
Source
CLI
Destination Number
Call Duration (sec)
Billing Duration (sec)
Disconnect Code
Disconnect Reason
Voice OUT Trunk
Destination Country
Network
Call Type
Rate (USD)
Charged (USD)
P-Charge-Info
Call ID"""
