"""Object stores: what is asked of them, and what their refusals mean, by a stand-in that remembers and refuses.

What they keep to is tested here as far as the stand-in goes, and on real servers in the integration tests.
"""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from offtake import plugin
from offtake.core.error import TargetFailed, Trouble
from offtake.core.ports import Delivery, Egress
from offtake.delivery.azure import AzurePlugin
from offtake.egress.way_out import WayOut
from offtake.testing.conformance.delivery import Sample, Stage
from offtake.testing.conformance.objects import ENVIRONMENT, ObjectsSuite
from offtake.testing.fake_store import FakeStore
from offtake.testing.receivers import receiver, resets

SECRET = "c2VzYW1lc2VzYW1l"

KEY = rsa.generate_private_key(65537, 2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
ACCOUNT = json.dumps({"client_email": "a@b", "private_key": PEM, "private_key_id": "1"})

GIVEN: Mapping[str, Mapping[str, object]] = {
    "s3": {"bucket": "incoming", "access_key_id": "AKIA", "secret_access_key": SECRET},
    "gcs": {"bucket": "incoming", "service_account_key": ACCOUNT},
    "azure": {"account": "acme", "container": "incoming", "account_key": SECRET},
}


@pytest.fixture(scope="module")
def egress() -> Iterator[Egress]:
    way_out = WayOut(allow=["127.0.0.0/8"])
    yield way_out
    way_out.close()


def run(
    name: str, store: FakeStore, egress: Egress, act: Callable[[Delivery], Awaitable[None]], **changes: object
) -> None:
    found = plugin.load("delivery", name)
    options = found.options(**{**GIVEN[name], "endpoint": store.url, "timeout_seconds": 5.0, **changes})
    found.check(options)

    async def session() -> None:
        async with found.open(options, egress) as delivery:
            await act(delivery)

    asyncio.run(session())


def failure(name: str, store: FakeStore, egress: Egress, content: Sample | None = None) -> TargetFailed:
    with pytest.raises(TargetFailed) as caught:
        run(name, store, egress, lambda delivery: delivery.push("a.csv", content or Sample(b"x"), replace=True))
    return caught.value


class TestStandIn(ObjectsSuite):
    @pytest.fixture(params=GIVEN)
    def stage(self, request: pytest.FixtureRequest, egress: Egress) -> Iterator[Stage]:
        found = plugin.load("delivery", request.param)
        with FakeStore() as store:
            given = {**GIVEN[request.param], "endpoint": store.url, "prefix": "daily/", "timeout_seconds": 5.0}
            yield Stage(
                plugin=found,
                options=found.options(**given),
                held=lambda: {path.removeprefix("/incoming/daily/"): body for path, body in store.objects.items()},
                egress=egress,
                wrong=None,
                gone={},
                resumes=False,
            )

    def test_a_check_writes_and_takes_away(self, stage: Stage) -> None:
        if isinstance(stage.plugin, AzurePlugin):
            pytest.skip("there, deleting takes more than this store can do")
        super().test_a_check_writes_and_takes_away(stage)


@pytest.mark.parametrize("name", GIVEN)
def test_a_small_file_is_put_at_once_and_looked_for(name: str, egress: Egress) -> None:
    with FakeStore() as store:
        run(name, store, egress, lambda delivery: delivery.push("b/a.csv", Sample(b"abc"), replace=True), prefix="x")
    assert store.objects == {"/incoming/x/b/a.csv": b"abc"}
    assert [one.method for one in store.seen] == ["PUT", "HEAD"]
    assert all("authorization" in one.headers for one in store.seen)


@pytest.mark.parametrize("name", GIVEN)
def test_nothing_of_the_environment_is_shown(name: str, egress: Egress, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in ENVIRONMENT.items():
        monkeypatch.setenv(variable, value)
    with FakeStore() as store:
        run(name, store, egress, lambda delivery: delivery.push("a.csv", Sample(b"abc"), replace=True))
    assert "CANARY" not in str(store.seen)
    assert all("authorization" in one.headers for one in store.seen)


@pytest.mark.parametrize("name", GIVEN)
@pytest.mark.parametrize(
    ("status", "code", "trouble"),
    [
        (403, "SignatureDoesNotMatch", Trouble.LOGIN_REFUSED),
        (403, "InvalidAccessKeyId", Trouble.LOGIN_REFUSED),
        (403, "AuthenticationFailed", Trouble.LOGIN_REFUSED),
        (403, "AccessDenied", Trouble.NO_PERMISSION),
        (403, "AuthorizationPermissionMismatch", Trouble.NO_PERMISSION),
        (401, "Something", Trouble.LOGIN_REFUSED),
        (403, "Something", Trouble.NO_PERMISSION),
        (403, "QuotaExceeded", Trouble.NO_ROOM),
        (507, "Something", Trouble.NO_ROOM),
        (404, "NoSuchBucket", Trouble.BAD_ANSWER),
        (400, "Something", Trouble.BAD_ANSWER),
    ],
)
def test_a_refusal_has_its_trouble_and_the_stores_words(
    egress: Egress, name: str, status: int, code: str, trouble: Trouble
) -> None:
    body = f"<Error><Code>{code}</Code><Message>because of {SECRET}</Message></Error>"
    with FakeStore({"PUT": (status, body)}) as store:
        found = failure(name, store, egress)
    assert found.trouble is trouble
    assert f"{status} {code} because of" in found.message
    assert name == "gcs" or SECRET not in found.message


def test_who_may_put_and_not_read_has_put(egress: Egress) -> None:
    with FakeStore({"HEAD": (403, ""), "GET": (403, "<Error><Code>AccessDenied</Code></Error>")}) as store:
        run("s3", store, egress, lambda delivery: delivery.push("a.csv", Sample(b"abc"), replace=True))
    assert store.objects == {"/incoming/a.csv": b"abc"}


@pytest.mark.parametrize("name", ["s3", "gcs"])
def test_an_object_that_has_not_the_right_length_does_not_stay(name: str, egress: Egress) -> None:
    with FakeStore({"HEAD": (200, "ab")}) as store:
        assert failure(name, store, egress, Sample(b"abc")).trouble is Trouble.ALTERED
    assert store.objects == {}


def test_a_signature_in_an_address_is_not_shown(egress: Egress) -> None:
    given = {"account_key": None, "sas_token": f"?sv=1&sig={SECRET}"}
    with FakeStore() as store, receiver(resets()) as one:
        for url, trouble in (
            ("http://127.0.0.1:1", Trouble.UNREACHABLE),
            (one.url.removesuffix("/hook"), Trouble.BROKEN_OFF),
        ):
            with pytest.raises(TargetFailed) as caught:
                run("azure", store, egress, lambda delivery: delivery.check(), **given, endpoint=url)
            assert caught.value.trouble is trouble
            assert SECRET not in str(caught.value)


def test_a_store_behind_the_guard_hears_nothing() -> None:
    guarded = WayOut()
    with FakeStore() as store:
        assert failure("s3", store, guarded).trouble is Trouble.ADDRESS_REFUSED
    guarded.close()
    assert store.seen == []


def test_a_key_that_nothing_can_be_signed_with_is_a_refused_login(egress: Egress) -> None:
    account = json.dumps({"client_email": "a@b", "private_key": "no key", "private_key_id": "1"})
    with FakeStore() as store, pytest.raises(TargetFailed) as caught:
        run("gcs", store, egress, lambda delivery: delivery.check(), service_account_key=account)
    assert caught.value.trouble is Trouble.LOGIN_REFUSED


def test_an_account_proves_itself_by_a_token_that_its_key_has_signed(egress: Egress) -> None:
    with FakeStore() as store:
        run("gcs", store, egress, lambda delivery: delivery.push("a.csv", Sample(b"abc"), replace=True))
    shown = {one.headers["authorization"] for one in store.seen}
    signed, _, signature = shown.pop().removeprefix("Bearer ").rpartition(".")
    assert not shown
    KEY.public_key().verify(decoded(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    header, claims = (json.loads(decoded(part)) for part in signed.split("."))
    assert (header["alg"], header["kid"]) == ("RS256", "1")
    assert claims["iss"] == claims["sub"] == "a@b"
    assert claims["scope"] == "https://www.googleapis.com/auth/cloud-platform"
    assert 0 < claims["exp"] - claims["iat"] <= 3600


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
