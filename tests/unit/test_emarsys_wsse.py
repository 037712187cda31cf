"""X-WSSE: the documented vector, every form of the header that clients send, and the window."""

from datetime import UTC, datetime, timedelta

import pytest

from offtake.core.error import Unauthenticated
from offtake.core.tenant import Signed
from offtake.web.dialects.emarsys.wsse import digest, present
from offtake.web.message import Request

NONCE = "d36e316282959a9ed4c89851497a717f"
CREATED = "2014-03-20T12:51:45Z"
DIGEST = "YWQyNWE5Y2JkOTY2ZTU1ODg2M2QzNzVhNDZlZGQwZjg5YjZlZTk4Yw=="
AT = datetime(2014, 3, 20, 12, 51, 45, tzinfo=UTC)
WHOLE = f'UsernameToken Username="customer001", PasswordDigest="{DIGEST}", Nonce="{NONCE}", Created="{CREATED}"'


def read(header: str | None, *, name: str = "x-wsse", at: datetime = AT, once: bool = False) -> Signed:
    headers = {"authorization": 'WSSE profile="UsernameToken"'}
    if header is not None:
        headers[name] = header
    request = Request(
        method="GET",
        path="/api/v2/settings",
        raw_path="/api/v2/settings",
        sent_query={},
        raw_query="",
        headers=headers,
        sent_body=b"",
        base_url="http://exports.test",
        id="1",
        received_at=at,
    )
    found = present(request, once=once)
    assert isinstance(found, Signed)
    return found


def made(created: str, nonce: str = NONCE) -> str:
    return f'Username="u", PasswordDigest="{digest(nonce, created, "s")}", Nonce="{nonce}", Created="{created}"'


def test_the_documented_vector() -> None:
    assert digest(NONCE, CREATED, "customersecret") == DIGEST
    found = read(WHOLE)
    assert (found.user, found.account, found.nonce) == ("customer001", None, None)
    assert found.proves("customersecret")
    assert not found.proves("customersecreT")
    assert not found.proves("")
    assert read(WHOLE, once=True).nonce == NONCE


@pytest.mark.parametrize(
    "header",
    [
        WHOLE,
        WHOLE.removeprefix("UsernameToken "),
        WHOLE.replace(", ", ","),
        WHOLE.replace("=", " = ", 1),
        WHOLE.replace("UsernameToken", "usernametoken").replace("Nonce", "nonce"),
        f'UsernameToken Created="{CREATED}", Nonce="{NONCE}", PasswordDigest="{DIGEST}", Username="customer001"',
    ],
)
@pytest.mark.parametrize("name", ["x-wsse", "wsse"])
def test_forms_of_the_header(header: str, name: str) -> None:
    assert read(header, name=name).proves("customersecret")


@pytest.mark.parametrize("nonce", [NONCE.upper(), "x", "0123456789abcdefghijklmnopqr", "Aa0" * 42, "/+=:; ,'"])
def test_nonces_are_taken_as_they_are(nonce: str) -> None:
    assert read(made(CREATED, nonce)).proves("s")


@pytest.mark.parametrize(
    "created",
    [
        "2014-03-20T12:51:45+00:00",
        "2014-03-20T12:51:45+0000",
        "2014-03-20T13:51:45+01:00",
        "2014-03-20T07:21:45-0530",
        "2014-03-20T12:51:45.123Z",
        "2014-03-20T12:51:45.1234567Z",
        "2014-03-20T12:51:45.1234567+00:00",
        "2014-03-20t12:51:45z",
        "2014-03-20 12:51:45Z",
        "2014-03-20T13:51:45",
        "2014-03-20T13:51:45.5",
    ],
)
def test_times_in_every_form_without_a_zone_in_vienna(created: str) -> None:
    assert read(made(created)).proves("s")
    with pytest.raises(Unauthenticated):
        read(made(created), at=AT + timedelta(minutes=5, seconds=2))
    with pytest.raises(Unauthenticated):
        read(made(created), at=AT - timedelta(minutes=5, seconds=2))


def test_in_the_hour_that_comes_twice_a_time_without_a_zone_is_either() -> None:
    created = made("2026-10-25T02:30:00")
    for hour in (0, 1):
        assert read(created, at=datetime(2026, 10, 25, hour, 30, tzinfo=UTC)).proves("s")
    with pytest.raises(Unauthenticated):
        read(created, at=datetime(2026, 10, 25, 1, 0, tzinfo=UTC))


def test_the_window_is_five_minutes_both_ways() -> None:
    for edge in (timedelta(minutes=5), timedelta(minutes=-5)):
        assert read(WHOLE, at=AT + edge).proves("customersecret")
        with pytest.raises(Unauthenticated):
            read(WHOLE, at=AT + edge * 1.001)
    summer = datetime(2026, 7, 1, 10, tzinfo=UTC)
    assert read(made("2026-07-01T12:00:00"), at=summer).proves("s")
    assert read(made("2026-07-01T09:55:00.400Z"), at=summer + timedelta(seconds=0.3)).proves("s")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "UsernameToken",
        "customer001",
        WHOLE.replace("Username=", "User="),
        WHOLE.replace("PasswordDigest=", "Digest="),
        WHOLE.replace("Nonce=", "Once="),
        WHOLE.replace("Created=", "At="),
        WHOLE.replace('"', "'"),
        made(CREATED, ""),
        made(CREATED, "x" * 129),
        made(CREATED, "n\xe9"),
        made(""),
        made("2014-03-20"),
        made("1395319905"),
        made("2014-13-20T12:51:45Z"),
        made("2014-02-30T12:51:45Z"),
        made("2014-03-20T25:51:45Z"),
        made("2014-03-20T12:51:45+99:99"),
        made("0001-01-01T00:00:00"),
        made("0001-01-01T00:00:00+14:00"),
        made("9999-12-31T23:59:59-12:00"),
        made("2014-03-20T12:51:45Z x"),
    ],
)
def test_what_proves_nothing_is_wrong_and_not_missing(header: str) -> None:
    with pytest.raises(Unauthenticated) as caught:
        read(header)
    assert caught.value.details == ()


def test_a_missing_header_is_told_as_such() -> None:
    with pytest.raises(Unauthenticated, match="WSSE authentication header is missing"):
        read(None)
