"""Object stores against real servers: rclone's S3, Microsoft's own azurite, and for Google the part of its language
that is that of S3, since no server of others speaks the rest of it."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from offtake.core.error import Trouble
from offtake.core.ports import Delivery, Egress
from offtake.delivery import azure, gcs, s3
from offtake.egress.way_out import WayOut
from offtake.testing.azurite import ACCOUNT, CONTAINER, Azurite
from offtake.testing.azurite import find as find_azurite
from offtake.testing.conformance.delivery import Sample, Stage, fails, sample, session
from offtake.testing.conformance.objects import StoreSuite
from offtake.testing.daemon import free_port
from offtake.testing.s3 import BUCKET, S3

SECONDS = 20.0
MEBIBYTE = 1024 * 1024

needs_azurite = pytest.mark.skipif(find_azurite() is None, reason="!!! azurite is missing: NOT TESTED !!!")


@pytest.fixture(scope="module")
def egress() -> Iterator[Egress]:
    way_out = WayOut(allow=["127.0.0.0/8"])
    yield way_out
    way_out.close()


class TestS3(StoreSuite):
    place = "bucket"
    missing = "NoSuchBucket"

    @pytest.fixture(scope="class")
    @classmethod
    def server(cls) -> Iterator[S3]:
        with S3() as server:
            yield server

    @pytest.fixture
    def stage(self, server: S3, egress: Egress) -> Stage:
        prefix = uuid4().hex
        return Stage(
            plugin=s3.DELIVERY,
            options=s3.S3Options(
                bucket=BUCKET,
                prefix=f"{prefix}/",
                endpoint=server.url,
                access_key_id=server.access_key_id,
                secret_access_key=server.secret_access_key,
                certificate=server.certificate.read_text(),
                timeout_seconds=SECONDS,
            ),
            folder=server.bucket / prefix,
            egress=egress,
            wrong={"secret_access_key": "not-this-one"},
            gone={"endpoint": f"https://127.0.0.1:{free_port()}"},
            resumes=False,
            own=".rclone_temp_",
        )

    def test_a_full_disk_is_told_in_the_servers_words(self, stage: Stage, server: S3) -> None:
        """This server has no word of its own for it."""
        small = server.make_small(f"{BUCKET}/{uuid4().hex}", MEBIBYTE)
        if small is None:
            pytest.skip("there is no disk here that can be full")
        failure = fails(stage, "orders.csv", sample(3_000_000), changes={"prefix": small.name})
        assert failure.trouble is Trouble.BAD_ANSWER
        assert "InternalError" in failure.message
        assert list(small.iterdir()) == []

    def test_an_unknown_key_is_refused(self, stage: Stage) -> None:
        failure = fails(stage, "orders.csv", Sample(b"x"), changes={"access_key_id": "nobody"})
        assert failure.trouble is Trouble.LOGIN_REFUSED
        assert "InvalidAccessKeyId" in failure.message


class TestGcs(StoreSuite):
    """By rclone's S3, which here lets anybody in: objects, parts and names are looked at, and no login."""

    place = "bucket"
    missing = "NoSuchBucket"

    @pytest.fixture(scope="class")
    @classmethod
    def server(cls) -> Iterator[S3]:
        with S3(asks=False) as server:
            yield server

    @pytest.fixture(scope="class")
    @classmethod
    def key(cls) -> str:
        made = rsa.generate_private_key(65537, 2048)
        form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        pem = made.private_bytes(*form).decode()
        return json.dumps({"client_email": "acme@example.test", "private_key": pem, "private_key_id": "1"})

    @pytest.fixture
    def stage(self, server: S3, key: str, egress: Egress) -> Stage:
        prefix = uuid4().hex
        return Stage(
            plugin=gcs.DELIVERY,
            options=gcs.GcsOptions(
                bucket=BUCKET,
                prefix=f"{prefix}/",
                service_account_key=key,
                endpoint=server.url,
                certificate=server.certificate.read_text(),
                timeout_seconds=SECONDS,
            ),
            folder=server.bucket / prefix,
            egress=egress,
            wrong=None,
            gone={"endpoint": f"https://127.0.0.1:{free_port()}"},
            resumes=False,
            own=".rclone_temp_",
        )


@needs_azurite
class TestAzure(StoreSuite):
    """By an account's key."""

    place = "container"
    missing = "ContainerNotFound"

    @pytest.fixture(scope="class")
    @classmethod
    def server(cls) -> Iterator[Azurite]:
        with Azurite() as server:
            yield server

    @pytest.fixture(scope="class")
    @classmethod
    def named(cls, server: Azurite) -> Iterator[Egress]:
        """The way out by which the server's name is known."""
        way_out = WayOut(allow=["127.0.0.0/8"], resolve=server.resolve)
        yield way_out
        way_out.close()

    @pytest.fixture
    def guarded(self, server: Azurite) -> Iterator[Egress]:
        way_out = WayOut(resolve=server.resolve)
        yield way_out
        way_out.close()

    @pytest.fixture
    def stage(self, server: Azurite, named: Egress) -> Stage:
        prefix = uuid4().hex
        return Stage(
            plugin=azure.DELIVERY,
            options=azure.AzureOptions(
                account=ACCOUNT,
                container=CONTAINER,
                prefix=f"{prefix}/",
                account_key=server.account_key,
                endpoint=server.url,
                certificate=server.certificate,
                timeout_seconds=SECONDS,
            ),
            held=lambda: server.held(prefix),
            egress=named,
            wrong={"account_key": base64.b64encode(b"not-this-one").decode()},
            refusal=Trouble.NO_PERMISSION,  # the code is AuthorizationFailure; in the cloud, AuthenticationFailed
            gone={"endpoint": f"https://acme.blob.test:{free_port()}"},
            resumes=False,
        )

    def test_a_signature_is_as_good_as_the_key(self, stage: Stage, server: Azurite) -> None:
        changes = {"account_key": None, "sas_token": f"?{server.sas()}"}
        content = sample(6_000_000)

        async def both(delivery: Delivery) -> None:
            await delivery.check()
            await delivery.push("small.csv", Sample(b"abc"), replace=False)
            await delivery.push("large.csv", content, replace=False)

        session(stage, both, changes)
        assert stage.files() == {"small.csv": b"abc", "large.csv": content.data}

    def test_a_signature_that_may_only_write_is_enough(self, stage: Stage, server: Azurite) -> None:
        changes = {"account_key": None, "sas_token": server.sas("cw")}
        session(stage, lambda delivery: delivery.push("a.csv", Sample(b"abc"), replace=True), changes)
        assert stage.files() == {"a.csv": b"abc"}
        failure = fails(stage, "a.csv", Sample(b"new"), changes=changes, replace=False)
        assert failure.trouble is Trouble.NO_PERMISSION

    def test_signatures_that_may_not_write_are_told_apart(self, stage: Stage, server: Azurite) -> None:
        for token, words in (
            (server.sas("r"), "AuthorizationPermissionMismatch"),
            (server.sas(life=timedelta(hours=-1)), "failed to authenticate"),
            (server.sas("r").replace("sp=r&", "sp=racwdl&"), "failed to authenticate"),
        ):
            changes = {"account_key": None, "sas_token": token}
            failure = fails(stage, "a.csv", Sample(b"x"), changes=changes)
            assert failure.trouble is Trouble.NO_PERMISSION
            assert words in failure.message
            assert token not in str(failure)
        assert stage.files() == {}
