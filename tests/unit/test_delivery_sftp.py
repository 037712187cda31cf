"""What only some SFTP servers say and do, by one whose every step can be watched."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path

import asyncssh
import pytest

from offtake.core.callback import Answer, Outgoing
from offtake.core.error import TargetFailed, Trouble
from offtake.core.ports import Delivery
from offtake.delivery.sftp import DELIVERY, SftpOptions
from offtake.testing.conformance.delivery import Sample

PASSWORD = "open-sesame"
KEY = asyncssh.generate_private_key("ssh-ed25519")
OTHER = asyncssh.generate_private_key("ssh-ed25519")
OTHER_TYPE = asyncssh.generate_private_key("ecdsa-sha2-nistp256")


class Straight:
    """The port `Egress`, unguarded."""

    async def send(self, outgoing: Outgoing, within: timedelta) -> Answer:
        raise AssertionError(outgoing)

    def connect(self, host: str, port: int, within: timedelta) -> socket.socket:
        return socket.create_connection((host, port), within.total_seconds())

    def proxy(self) -> AbstractAsyncContextManager[str]:
        raise AssertionError


class Watched(asyncssh.SSHServer):
    """A server that keeps what it hears of logins, takes passwords only as answers to a question, and repeats wrong
    ones."""

    def __init__(self, heard: list[str]) -> None:
        self._heard = heard

    def begin_auth(self, username: str) -> bool:
        self._heard.append(username)
        return True

    def kbdint_auth_supported(self) -> bool:
        return True

    def get_kbdint_challenge(
        self, username: str, lang: str, submethods: str
    ) -> tuple[str, str, str, list[tuple[str, bool]]]:
        return "", "", "", [("Password: ", False)]

    def validate_kbdint_response(self, username: str, responses: Sequence[str]) -> bool:
        self._heard += responses
        if list(responses) != [PASSWORD]:
            raise asyncssh.PermissionDenied(f"{responses[0]} is not the password")
        return True


def against(
    root: Path,
    act: Callable[[Delivery], Awaitable[None]],
    *,
    host_key: str = "",
    password: str = PASSWORD,
    server_keys: Sequence[asyncssh.SSHKey] = (KEY,),
    files: Callable[[asyncssh.SSHServerChannel[bytes]], asyncssh.SFTPServer] | None = None,
) -> list[str]:
    """Run a session with the server; what it heard of logins."""
    heard: list[str] = []

    async def run() -> None:
        def serve(channel: asyncssh.SSHServerChannel[bytes]) -> asyncssh.SFTPServer:
            return asyncssh.SFTPServer(channel, chroot=os.fsencode(root))

        async with asyncssh.listen(
            "127.0.0.1",
            0,
            server_factory=lambda: Watched(heard),
            server_host_keys=list(server_keys),
            sftp_factory=files or serve,
        ) as server:
            options = SftpOptions(
                host="127.0.0.1",
                port=server.get_port(),
                host_key=host_key or KEY.export_public_key().decode(),
                username="acme",
                password=password,
                timeout_seconds=5,
            )
            async with DELIVERY.open(options, Straight()) as delivery:
                await act(delivery)

    try:
        asyncio.run(run())
    except TargetFailed as failure:
        failure.add_note(repr(heard))
        raise
    return heard


def test_a_password_is_given_as_an_answer_too(tmp_path: Path) -> None:
    heard = against(tmp_path, lambda delivery: delivery.push("in/a.csv", Sample(b"abc"), replace=True))
    assert (tmp_path / "in/a.csv").read_bytes() == b"abc"
    assert heard == ["acme", PASSWORD]


@pytest.mark.parametrize(
    "host_key",
    [OTHER.export_public_key().decode(), OTHER.get_fingerprint(), OTHER_TYPE.export_public_key().decode()],
    ids=["key", "fingerprint", "type"],
)
def test_a_server_with_another_key_hears_not_even_a_name(tmp_path: Path, host_key: str) -> None:
    with pytest.raises(TargetFailed) as caught:
        against(tmp_path, lambda delivery: delivery.check(), host_key=host_key)
    assert caught.value.trouble is Trouble.WRONG_HOST_KEY
    assert caught.value.__notes__ == ["[]"]


def test_one_of_several_keys_is_enough(tmp_path: Path) -> None:
    both = f"{OTHER_TYPE.export_public_key().decode()}\n{KEY.get_fingerprint()}\n"
    assert against(tmp_path, lambda delivery: delivery.check(), host_key=both)
    assert list(tmp_path.iterdir()) == []


def test_a_server_with_several_keys_is_asked_for_the_one_that_is_known(tmp_path: Path) -> None:
    known = OTHER_TYPE.export_public_key().decode()
    assert against(tmp_path, lambda delivery: delivery.check(), host_key=known, server_keys=(KEY, OTHER_TYPE))


def test_settings_of_whoever_runs_the_server_have_no_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh/config").write_text("Host *\n    Ciphers nothing\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert against(tmp_path, lambda delivery: delivery.check())


def test_a_refused_login_shows_no_password(tmp_path: Path) -> None:
    with pytest.raises(TargetFailed) as caught:
        against(tmp_path, lambda delivery: delivery.check(), password="not-this-one")
    assert caught.value.trouble is Trouble.LOGIN_REFUSED
    assert "*** is not the password" in caught.value.message
    assert "not-this-one" not in caught.value.message


@pytest.mark.parametrize(
    ("code", "words", "trouble"),
    [
        (asyncssh.FX_PERMISSION_DENIED, "no", Trouble.NO_PERMISSION),
        (asyncssh.FX_NO_SUCH_FILE, "no", Trouble.NO_PERMISSION),
        (asyncssh.FX_FAILURE, "no", Trouble.BAD_ANSWER),
        (asyncssh.FX_FAILURE, "Disk quota exceeded", Trouble.NO_ROOM),
        (asyncssh.FX_FAILURE, f"{PASSWORD} may not", Trouble.BAD_ANSWER),
        (asyncssh.FX_OP_UNSUPPORTED, "no", Trouble.BAD_ANSWER),
        (asyncssh.FX_CONNECTION_LOST, "no", Trouble.BROKEN_OFF),
    ],
)
def test_a_refusal_has_its_trouble_and_the_servers_words(
    tmp_path: Path, code: int, words: str, trouble: Trouble
) -> None:
    class Refusing(asyncssh.SFTPServer):
        def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
            raise asyncssh.SFTPError(code, words)

    with pytest.raises(TargetFailed) as caught:
        against(
            tmp_path,
            lambda delivery: delivery.push("a.csv", Sample(b"abc"), replace=True),
            files=lambda channel: Refusing(channel, chroot=os.fsencode(tmp_path)),
        )
    assert caught.value.trouble is trouble
    assert words.replace(PASSWORD, "***") in caught.value.message


def test_where_a_rename_cannot_replace_the_old_file_goes_first(tmp_path: Path) -> None:
    class Plain(asyncssh.SFTPServer):
        def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
            raise asyncssh.SFTPOpUnsupported("never heard of it")

    (tmp_path / "a.csv").write_bytes(b"old")
    against(
        tmp_path,
        lambda delivery: delivery.push("a.csv", Sample(b"new"), replace=True),
        files=lambda channel: Plain(channel, chroot=os.fsencode(tmp_path)),
    )
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {"a.csv": b"new"}


def test_a_server_that_says_nothing_is_not_waited_for_for_ever() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        options = SftpOptions(
            host="127.0.0.1",
            port=silent.getsockname()[1],
            host_key=KEY.get_fingerprint(),
            username="acme",
            password=PASSWORD,
            timeout_seconds=0.2,
        )

        async def run() -> None:
            async with DELIVERY.open(options, Straight()) as delivery:
                await delivery.check()

        with pytest.raises(TargetFailed) as caught:
            asyncio.run(run())
    assert caught.value.trouble is Trouble.TIMED_OUT
