"""What every object store keeps to. Inherit a suite and give it a fixture `stage`, whose options name an `endpoint`.

`ObjectsSuite` asks little enough of a store for a stand-in to do; `StoreSuite` is for real servers, over TLS.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import pytest

from offtake.core.error import TargetFailed, Trouble
from offtake.core.ports import Egress
from offtake.egress.way_out import WayOut
from offtake.testing.conformance.delivery import (
    DeliverySuite,
    Sample,
    SmallFilesSuite,
    Stage,
    fails,
    push,
    sample,
    session,
)

ENVIRONMENT: Final[Mapping[str, str]] = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1",
    "AWS_ACCESS_KEY_ID": "CANARY",
    "AWS_SECRET_ACCESS_KEY": "CANARY",
    "AWS_SESSION_TOKEN": "CANARY",
    "AWS_SKIP_SIGNATURE": "true",
    "AZURE_STORAGE_ENDPOINT": "http://127.0.0.1:1",
    "AZURE_STORAGE_ACCOUNT_KEY": "CANARY",
    "AZURE_STORAGE_SAS_KEY": "sig=CANARY",
    "AZURE_SKIP_SIGNATURE": "true",
    "GOOGLE_APPLICATION_CREDENTIALS": "/CANARY",
    "GOOGLE_BASE_URL": "http://127.0.0.1:1",
    "GOOGLE_SKIP_SIGNATURE": "true",
    "HTTP_PROXY": "http://127.0.0.1:1",
    "HTTPS_PROXY": "http://127.0.0.1:1",
    "NO_PROXY": "*",
}
"""What the clients of stores would listen to, all of it wrong."""


class Gone(Sample):
    """A file that has expired since the delivery was asked for."""

    def read(self, start: int) -> Iterator[bytes]:
        """Nothing; FILES_GONE."""
        raise TargetFailed(Trouble.FILES_GONE, "The files have expired.")


class ObjectsSuite(SmallFilesSuite):
    """What holds for small objects; `sizes` are those of files that turn out not to be what they should."""

    sizes: tuple[int, ...] = (3,)

    @pytest.fixture
    def guarded(self) -> Iterator[Egress]:
        """A way out that does not lead inside."""
        way_out = WayOut()
        yield way_out
        way_out.close()

    def test_the_environment_has_no_say(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        for variable, value in ENVIRONMENT.items():
            monkeypatch.setenv(variable, value)
        push(stage, "a.csv", Sample(b"abc"))
        assert stage.files() == {"a.csv": b"abc"}

    def test_a_file_that_is_not_what_it_should_be_is_not_put(self, stage: Stage) -> None:
        for size in self.sizes:
            content = sample(size)
            content.sha256 = Sample(b"another").sha256
            assert fails(stage, "a.csv", content).trouble is Trouble.ALTERED
        assert stage.files() == {}

    def test_a_file_that_has_expired_is_said_to_have(self, stage: Stage) -> None:
        for size in self.sizes:
            assert fails(stage, "a.csv", Gone(bytes(size))).trouble is Trouble.FILES_GONE
        assert stage.files() == {}

    def test_an_address_that_is_not_allowed_is_refused(self, stage: Stage, guarded: Egress) -> None:
        failure = fails(stage, "a.csv", Sample(b"x"), egress=guarded)
        assert failure.trouble is Trouble.ADDRESS_REFUSED
        assert stage.files() == {}


class StoreSuite(ObjectsSuite, DeliverySuite):
    """A real server. `place` is the option that names what holds the objects, `missing` the word for that it is not
    there."""

    sizes = (3, 6_000_000)
    place: str
    missing: str

    def test_a_place_that_is_not_there_is_told_in_the_servers_words(self, stage: Stage) -> None:
        for replace in (True, False):
            changes = {self.place: "nowhere"}
            failure = fails(stage, "orders.csv", Sample(b"x"), changes=changes, replace=replace)
            assert failure.trouble is Trouble.BAD_ANSWER
            assert self.missing in failure.message

    def test_a_check_of_a_place_that_is_not_there_fails(self, stage: Stage) -> None:
        with pytest.raises(TargetFailed, match=self.missing):
            session(stage, lambda delivery: delivery.check(), {self.place: "nowhere"})

    def test_wrong_credentials_are_told_even_where_the_name_is_looked_up_first(self, stage: Stage) -> None:
        if stage.wrong is None:
            pytest.skip("this server lets anybody in")
        failure = fails(stage, "orders.csv", Sample(b"x"), changes=stage.wrong, replace=False)
        assert failure.trouble is stage.refusal

    def test_a_certificate_that_is_not_trusted_is_not_talked_to(self, stage: Stage) -> None:
        failure = fails(stage, "orders.csv", Sample(b"x"), changes={"certificate": None})
        assert failure.trouble is Trouble.TLS_FAILED
