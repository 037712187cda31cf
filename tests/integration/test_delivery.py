"""Deliveries to servers that have folders, against real ones: vsftpd and OpenSSH."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from offtake.core.error import Trouble
from offtake.core.ports import Egress
from offtake.delivery import ftp, sftp
from offtake.egress.way_out import WayOut
from offtake.testing.conformance.delivery import DeliverySuite, Sample, Stage, fails, push, session
from offtake.testing.daemon import Daemon, free_port
from offtake.testing.names import NameServer
from offtake.testing.parts import find
from offtake.testing.sshd import Sshd
from offtake.testing.vsftpd import USER, Tls, Vsftpd

SECONDS = 20.0
MEBIBYTE = 1024 * 1024

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="!!! vsftpd and passwords of sshd need root: NOT TESTED !!!")
needs_vsftpd = pytest.mark.skipif(find("vsftpd") is None, reason="!!! vsftpd is missing: NOT TESTED !!!")
needs_sshd = pytest.mark.skipif(find("sshd") is None, reason="!!! sshd is missing: NOT TESTED !!!")


@pytest.fixture(scope="module")
def egress() -> Iterator[Egress]:
    way_out = WayOut(allow=["127.0.0.0/8"])
    yield way_out
    way_out.close()


def lock(folder: Path) -> str:
    """A folder in which nobody but root may write."""
    locked = folder / "locked"
    locked.mkdir(mode=0o555)
    return str(locked)


def fresh(server: Daemon) -> Path:
    """A new folder for one test."""
    return server.make(f"root/{uuid4().hex}")


class FtpSuite(DeliverySuite):
    """FTP, by vsftpd's default security."""

    tls: Tls

    @pytest.fixture(scope="class")
    @classmethod
    def server(cls) -> Iterator[tuple[Vsftpd, Path | None]]:
        with Vsftpd(cls.tls) as server:
            yield server, server.make_small("small", MEBIBYTE)

    @pytest.fixture
    def stage(self, server: tuple[Vsftpd, Path | None], egress: Egress) -> Stage:
        vsftpd, small = server
        folder = fresh(vsftpd)
        return Stage(
            plugin=ftp.DELIVERY,
            options=ftp.FtpOptions(
                host="127.0.0.1",
                port=vsftpd.port,
                username=USER,
                password=vsftpd.password,
                tls="none" if self.tls == "none" else "explicit",
                certificate=None if self.tls == "none" else vsftpd.certificate.read_text(),
                directory=folder.name,
                timeout_seconds=SECONDS,
            ),
            folder=folder,
            egress=egress,
            wrong={"password": "not-this-one"},
            gone={"port": free_port()},
            locked={"directory": lock(vsftpd.make(uuid4().hex))},
            full={"directory": f"{small.name}/{uuid4().hex}"} if small else None,
        )


@needs_root
@needs_vsftpd
class TestFtp(FtpSuite):
    tls: Tls = "none"


class FtpsSuite(FtpSuite):
    def test_a_certificate_that_is_not_trusted_is_not_talked_to(self, stage: Stage) -> None:
        failure = fails(stage, "orders.csv", Sample(b"x"), changes={"certificate": None})
        assert failure.trouble is Trouble.TLS_FAILED
        assert "self-signed" in failure.message

    def test_a_certificate_for_another_name_is_not_talked_to(self, stage: Stage) -> None:
        with NameServer({"other.test": [["127.0.0.1"]]}) as names:
            egress = WayOut(["127.0.0.1"], resolve=names.resolve)
            failure = fails(stage, "orders.csv", Sample(b"x"), changes={"host": "other.test"}, egress=egress)
            egress.close()
        assert failure.trouble is Trouble.TLS_FAILED
        assert "other.test" in failure.message

    def test_the_password_is_not_sent_in_the_clear_to_a_server_that_wants_tls(self, stage: Stage) -> None:
        failure = fails(stage, "orders.csv", Sample(b"x"), changes={"tls": "none", "certificate": None})
        assert failure.trouble is Trouble.LOGIN_REFUSED
        assert "encryption" in failure.message


@needs_root
@needs_vsftpd
class TestFtpsTls12(FtpsSuite):
    tls: Tls = "TLSv1.2"


@needs_root
@needs_vsftpd
class TestFtpsTls13(FtpsSuite):
    tls: Tls = "TLSv1.3"


class SftpSuite(DeliverySuite):
    """SFTP, by OpenSSH."""

    by: str

    @pytest.fixture(scope="class")
    @classmethod
    def server(cls) -> Iterator[tuple[Sshd, Path | None]]:
        with Sshd() as server:
            yield server, server.make_small("small", MEBIBYTE)

    @pytest.fixture
    def stage(self, server: tuple[Sshd, Path | None], egress: Egress) -> Stage:
        sshd, small = server
        folder = fresh(sshd)
        return Stage(
            plugin=sftp.DELIVERY,
            options=sftp.SftpOptions(
                host="127.0.0.1",
                port=sshd.port,
                host_key=sshd.host_key,
                username=sshd.user,
                password=sshd.password if self.by == "password" else None,
                private_key=sshd.private_key if self.by == "key" else None,
                directory=str(folder),
                timeout_seconds=SECONDS,
            ),
            folder=folder,
            egress=egress,
            wrong={"password": "not-this-one", "private_key": None},
            gone={"port": free_port()},
            locked={"directory": lock(sshd.make(uuid4().hex))},
            full={"directory": f"{small}/{uuid4().hex}"} if small else None,
        )

    def test_a_fingerprint_is_as_good_as_the_key(self, stage: Stage, server: tuple[Sshd, Path | None]) -> None:
        async def nothing(_: object) -> None:
            pass

        session(stage, nothing, {"host_key": server[0].fingerprint})

    def test_a_server_with_another_key_hears_no_password(self, stage: Stage) -> None:
        with Sshd() as other:
            changes = {"host": "127.0.0.1", "port": other.port}
            failure = fails(stage, "orders.csv", Sample(b"x"), changes=changes)
            tried = other.logins_tried()
        assert failure.trouble is Trouble.WRONG_HOST_KEY
        assert other.fingerprint in failure.message
        assert not tried


@needs_root
@needs_sshd
class TestSftpByPassword(SftpSuite):
    by = "password"


@needs_sshd
class TestSftpByKey(SftpSuite):
    by = "key"

    def test_a_login_is_seen_by_the_server(self, stage: Stage, server: tuple[Sshd, Path | None]) -> None:
        """What the test of another host key looks for is there when somebody does log in."""
        push(stage, "orders.csv", Sample(b"x"))
        assert server[0].logins_tried()
