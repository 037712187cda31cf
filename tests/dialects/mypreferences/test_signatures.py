"""`PNAUTHINFO3`: the published scheme, its times, and everything that is not it."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from offtake.core.tenant import Names
from offtake.testing.asgi import Answer, Client
from offtake.testing.house import Stage
from offtake.web.dialects.mypreferences import DIALECT, signing
from offtake.web.dialects.mypreferences.options import Account, Options

ACME, GLOBEX = "ACME_CORP", "globex"
STATUS = "/API/3/async/{}/status/Token/1"
AT = "2024-01-02T03:04:05Z"
VECTORS = {
    "SHA256": "RLPf0vbSpqTJyvpVtVZl9MVQvrsl39Ng/Z8ddc+A6uw=",
    "SHA384": "gI1hBzQZPPNofytEKDpnfQglA73skZ6Qw8lqCnu46sAAdCa4TmplypTGxHYW/AUv",
    "SHA512": "kgTQClly5za2kuNre2IguMC2M+KE4EQfBS1KkBuG3bJ/Lo3qW6heD/Ejw1baF1WMQJDnksD/NbcscI4SKEOIaw==",
}
UNAUTHORIZED = {"Message": "Authentication failed. Verify ClientId, UserId and Authorization Scheme."}
Send = Callable[..., Answer]
Sign = Callable[..., str]


@pytest.fixture
def stage(shared_stage: Stage) -> Stage:
    return shared_stage


@pytest.fixture
def opens(send: Send) -> Callable[..., bool]:
    """Whether the header lets in: there is no such token then, and a 401 else."""

    def opens(header: str | None, account: str = ACME, to: Client | None = None) -> bool:
        answer = send("GET", STATUS.format(account), headers={"authorization": header}, to=to)
        if answer.status == 401:
            assert answer.json() == UNAUTHORIZED
            return False
        assert (answer.status, answer.json()) == (404, {"Message": "Invalid access token."}), answer.body
        return True

    return opens


@pytest.fixture
def sign() -> Sign:
    """The header of a user who signs at that time, by the server's own rule, which the vectors prove."""
    secrets = {"api.user": "demo-secret", "front/desk": "another secret, ünd more", "John Doe": "third"}

    def sign(
        at: str, *, user: str = "api.user", account: str = ACME, secret: str | None = None, hash: str = "SHA256"
    ) -> str:
        made = signing.signature(hash, secrets[user] if secret is None else secret, account, user, at)
        return f"PNAUTHINFO3-HMAC-{hash} Credential={user}/{at} Signature={made}"

    return sign


@pytest.mark.parametrize("algorithm", VECTORS)
def test_the_vectors(opens: Callable[..., bool], algorithm: str) -> None:
    assert signing.signature(algorithm, "demo-secret", ACME, "api.user", AT) == VECTORS[algorithm]
    header = f"PNAUTHINFO3-HMAC-{algorithm} Credential=api.user/{AT} Signature={VECTORS[algorithm]}"
    assert opens(header)
    assert opens(f"  {header} ")
    for scheme in (
        f"PNAUTHINFO3-HMAC-{algorithm.lower()}",
        f"pnauthinfo3-hmac-{algorithm}",
        f"PnAuthInfo3-Hmac-{algorithm}",
    ):
        assert opens(header.replace(f"PNAUTHINFO3-HMAC-{algorithm}", scheme))
    for other in VECTORS.keys() - {algorithm}:
        assert not opens(header.replace(algorithm, other)), "a signature of another hash"


def test_what_is_no_such_header(opens: Callable[..., bool]) -> None:
    good = f"PNAUTHINFO3-HMAC-SHA256 Credential=api.user/{AT} Signature={VECTORS['SHA256']}"
    assert opens(good)
    wrong = [
        None,
        "",
        " ",
        "PNAUTHINFO3-HMAC-SHA256",
        "Basic YXBpLnVzZXI6ZGVtby1zZWNyZXQ=",
        "Bearer demo-secret",
        good.replace("-HMAC", ""),
        good.replace("SHA256", "SHA1"),
        good.replace("SHA256", "MD5"),
        good.replace("3-", "2-"),
        good.replace(" Signature", ", Signature"),
        good.replace(" Signature", ",Signature"),
        good.replace(" Signature", "  Signature"),
        good.replace(" Credential", "  Credential"),
        good.replace("Credential=api.user/", "Credential="),
        good.replace(f"/{AT}", ""),
        good.replace(f"{AT}", ""),
        good.replace("api.user", ""),
        good.partition(" Signature")[0],
        f"{good}, {good}",
        f"{good} x",
        good.replace(AT, "soon"),
        good.replace(AT, "2024-13-02T03:04:05Z"),
        good.replace(AT, "2024-01-02"),
        good.replace("Signature=", "Signature="[::-1]),
        good[:-1],
        good[:-2],
        good.replace("RLPf", "rlpf"),
        re.sub("Signature=.*", "Signature=", good),
        re.sub("Signature=.*", f"Signature={'A' * 43}=", good),
    ]
    for header in wrong:
        assert not opens(header), header


@pytest.mark.parametrize(
    "at", ["9999-12-31T23:59:59", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00", "0001-01-01T00:00:00+14:00"]
)
def test_times_at_the_ends_of_the_calendar_are_no_fault_of_ours(
    opens: Callable[..., bool], sign: Sign, at: str
) -> None:
    assert not opens(sign(at))


def test_times_hold_fifteen_minutes_and_may_be_a_minute_early(
    opens: Callable[..., bool], sign: Sign, stage: Stage
) -> None:
    header = sign(AT)
    for seconds, holds in (
        (-61, False),
        (-60, True),
        (0, True),
        (899, True),
        (900, True),
        (901, False),
        (86_400, False),
    ):
        stage.clock.now = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC) + timedelta(seconds=seconds)
        assert opens(header) is holds, seconds


def test_how_long_is_the_accounts_setting(
    opens: Callable[..., bool], sign: Sign, stage: Stage, serve: Callable[[Options], Client]
) -> None:
    client = serve(Options(accounts={ACME: Account(signature_minutes=2)}))
    header = sign(AT)
    for seconds, holds in ((120, True), (121, False)):
        stage.clock.now = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC) + timedelta(seconds=seconds)
        assert opens(header, to=client) is holds


@pytest.mark.parametrize(
    ("at", "zone", "holds"),
    [
        ("2024-01-02T03:04:05.667Z", "UTC", True),
        ("2024-01-02T03:04:05.1234567Z", "UTC", True),
        ("2024-01-02t03:04:05z", "UTC", True),
        ("2024-01-02T04:04:05+01:00", "UTC", True),
        ("2024-01-02T04:04:05+0100", "UTC", True),
        ("2024-01-01T22:04:05-05:00", "Europe/Vienna", True),
        ("2024-01-02T03:04:05+01:00", "UTC", False),
        ("2024-01-02T03:04:05", "UTC", True),
        ("2024-01-02T03:04:05.667", "UTC", True),
        ("2024-01-01T22:04:05", "UTC", True),
        ("2024-01-02T04:04:05", "UTC", False),
        ("2024-01-02T04:04:05", "Europe/Vienna", True),
        ("2024-01-01T22:04:05", "Europe/Vienna", True),
        ("2024-01-02T03:04:05", "Europe/Vienna", False),
        ("2024-01-02T03:04:05Z", "Europe/Vienna", True),
        ("2024-01-02 03:04:05", "UTC", False),
        ("2024-01-02T03:04", "UTC", False),
        ("20240102T030405Z", "UTC", False),
        ("2024-01-02T03:04:05+1", "UTC", False),
        ("2024-01-02T03:04:05+99:99", "UTC", False),
    ],
)
def test_zones(
    opens: Callable[..., bool], sign: Sign, serve: Callable[[Options], Client], at: str, zone: str, holds: bool
) -> None:
    assert opens(sign(at), to=serve(Options(accounts={ACME: Account(zone=zone)}))) is holds


def test_the_hour_that_clocks_go_through_twice(opens: Callable[..., bool], sign: Sign, stage: Stage) -> None:
    for now in (datetime(2024, 11, 3, 5, 30, tzinfo=UTC), datetime(2024, 11, 3, 6, 30, tzinfo=UTC)):
        stage.clock.now = now
        assert opens(sign("2024-11-03T01:30:00"))
    stage.clock.now = datetime(2024, 11, 3, 7, 30, tzinfo=UTC)
    assert not opens(sign("2024-11-03T01:30:00"))


def test_user_names_may_hold_slashes_and_spaces(opens: Callable[..., bool], sign: Sign) -> None:
    assert opens(sign(AT, user="front/desk"))
    assert opens(sign(AT, user="John Doe"))
    assert not opens(sign(AT, user="front/desk").replace("front/desk", "front"))
    assert not opens(sign(AT, user="front/desk").replace("front/desk", "desk"))


def test_what_is_signed_is_the_account_of_the_path(opens: Callable[..., bool], sign: Sign) -> None:
    assert opens(sign(AT, account=GLOBEX, secret="sixth"), account=GLOBEX)
    assert not opens(sign(AT), account=GLOBEX), "the same name in another account is another user"
    assert not opens(sign(AT, account=GLOBEX), account=GLOBEX)
    assert not opens(sign(AT, account=GLOBEX, secret="sixth"))
    assert not opens(sign(AT, secret=""))
    assert not opens(sign(AT, secret="wrong"))
    assert not opens(sign(AT).replace("api.user", "nobody"))
    assert not opens(sign(AT).replace("api.user", "API.USER"))


def test_it_may_come_again_within_its_time(opens: Callable[..., bool], sign: Sign) -> None:
    header = sign(AT)
    assert [opens(header) for _ in range(3)] == [True] * 3


def test_an_account_that_nobody_has(send: Send, sign: Sign) -> None:
    for header in (sign(AT, account="nobody"), sign(AT), sign(AT, secret="wrong", account="nobody")):
        answer = send("GET", STATUS.format("nobody"), headers={"authorization": header})
        assert (answer.status, answer.json()) == (404, {"Message": "Not found."})
    assert send("GET", STATUS.format("nobody"), headers={"authorization": None}).status == 401


def test_other_credentials_do_not_let_in(stage: Stage, opens: Callable[..., bool], sign: Sign) -> None:
    stage.token(ACME, kind="native", secret="native-secret")
    stage.token(ACME, kind="emarsys", secret="wsse-secret", user="wsse.user")
    assert not opens("Bearer native-secret")
    for user, secret in (("wsse.user", "wsse-secret"), ("test", "native-secret")):
        made = signing.signature("SHA256", secret, ACME, user, AT)
        assert not opens(f"PNAUTHINFO3-HMAC-SHA256 Credential={user}/{AT} Signature={made}")


def test_new_secrets_are_random_and_work(stage: Stage, opens: Callable[..., bool], sign: Sign) -> None:
    assert DIALECT.issue is not None
    made = DIALECT.issue(lambda size: b"\xab" * size, None)
    shown: Mapping[str, str] = made.shown
    assert shown == {"secret": made.secret}
    assert made.secret == "ab" * 24
    stage.token(ACME, kind="mypreferences", secret=made.secret, user="new", names=Names.ACCOUNT)
    header = signing.signature("SHA512", made.secret, ACME, "new", AT)
    assert opens(f"PNAUTHINFO3-HMAC-SHA512 Credential=new/{AT} Signature={header}")
