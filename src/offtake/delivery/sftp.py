"""SFTP, to a server that shows the host key it is expected to have."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from offtake.core.error import InvalidRequest, TargetFailed, Trouble
from offtake.core.ports import Content, Delivery, Egress
from offtake.delivery._shared import given
from offtake.delivery._shared.arrival import PIECE, Arrival, exists, folders
from offtake.delivery._shared.host_key import Pins
from offtake.delivery._shared.ssh import CURES, answered, wrong_key

if TYPE_CHECKING:
    from asyncssh import SFTPClient, SFTPClientFile, SSHClientConnection, SSHKey


@dataclass(frozen=True, slots=True, kw_only=True)
class SftpOptions:
    """An SFTP server, by what key it is known, and who logs in there."""

    host: str = field(metadata=given.HOST)
    port: int = field(default=22, metadata={"description": "The server's port."})
    host_key: str = field(
        metadata={
            "description": "The server's public key: lines such as `ssh-ed25519 AAAA...`, or fingerprints such as "
            "`SHA256:...`, one on each line. A server with any other key is told nothing."
        }
    )
    username: str = field(metadata={"description": "Who logs in."})
    password: str | None = field(
        default=None, repr=False, metadata=given.secret("The password; either this or `private_key`.")
    )
    private_key: str | None = field(
        default=None, repr=False, metadata=given.secret("The private key (PEM); either this or `password`.")
    )
    passphrase: str | None = field(
        default=None, repr=False, metadata=given.secret("What the private key is encrypted with, if it is.")
    )
    directory: str = field(default="", metadata=given.DIRECTORY)
    timeout_seconds: float = field(default=given.SECONDS, metadata=given.TIMEOUT)


class SftpPlace:
    """The port `Place` on an SFTP session."""

    def __init__(self, client: "SFTPClient", options: SftpOptions) -> None:
        self._client = client
        self._options = options
        self._secrets = given.secrets_of(options)

    async def size(self, path: str) -> int | None:
        """The length of a file."""
        import asyncssh

        async with self._answered():
            try:
                return (await self._client.stat(path)).size or 0
            except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
                return None

    async def write(self, path: str, content: Content, start: int) -> None:
        """Write the content from `start` on, to the disk where the server offers that."""
        pieces = content.read(start)
        file = await self._begin(path, start)
        try:
            while piece := await asyncio.to_thread(next, pieces, b""):
                await self._append(file, path, piece, start)
                start += len(piece)
            await self._sync(file)
        except BaseException:
            with suppress(TargetFailed):
                await self._close(file)
            raise
        await self._close(file)

    async def digest(self, path: str) -> str | None:
        """None: the servers there are do not tell."""
        return None

    async def remove(self, path: str) -> None:
        """Delete a file."""
        async with self._answered():
            await self._client.remove(path)

    async def rename(self, path: str, name: str, *, replace: bool) -> None:
        """Give a file its name; SFTP's own rename never replaces, and OpenSSH's does so at one stroke."""
        import asyncssh

        if not replace:
            await self._rename_to_free(path, name)
            return
        async with self._answered():
            try:
                await self._client.posix_rename(path, name)
                return
            except asyncssh.SFTPOpUnsupported:
                pass
            with suppress(asyncssh.SFTPNoSuchFile):
                await self._client.remove(name)
            await self._client.rename(path, name)

    def _answered(self) -> AbstractAsyncContextManager[None]:
        return answered(self._options.host, self._options.timeout_seconds, self._secrets)

    async def _rename_to_free(self, path: str, name: str) -> None:
        try:
            async with self._answered():
                await self._client.rename(path, name)
        except TargetFailed:
            if await self.size(name) is not None:
                raise exists(name) from None
            raise

    async def _begin(self, path: str, start: int) -> "SFTPClientFile":
        import asyncssh

        flags = asyncssh.FXF_WRITE | (0 if start else asyncssh.FXF_CREAT | asyncssh.FXF_TRUNC)
        async with self._answered():
            try:
                return await self._client.open(path, flags, encoding=None)
            except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
                await self._make_folders(path)
            return await self._client.open(path, flags, encoding=None)

    async def _make_folders(self, path: str) -> None:
        import asyncssh

        for folder in folders(path):
            if not await self._client.isdir(folder):
                try:
                    await self._client.mkdir(folder)
                except (asyncssh.SFTPFailure, asyncssh.SFTPFileAlreadyExists):
                    if not await self._client.isdir(folder):
                        raise

    async def _append(self, file: "SFTPClientFile", path: str, piece: bytes, start: int) -> None:
        try:
            async with self._answered():
                await file.write(piece, start)
        except TargetFailed as failure:
            if failure.trouble is Trouble.BAD_ANSWER and await self._is_full(path):
                raise TargetFailed(
                    Trouble.NO_ROOM, f"The disk of {self._options.host} is full.", cure=CURES[Trouble.NO_ROOM]
                ) from None
            raise

    async def _is_full(self, path: str) -> bool:
        """Whether there is no room for a piece; version 3 has no status for that. False where nobody can tell."""
        with suppress(TargetFailed):
            async with self._answered():
                found = await self._client.statvfs(path.rpartition("/")[0] or ".")
                return found.bavail * found.frsize < PIECE
        return False

    async def _sync(self, file: "SFTPClientFile") -> None:
        import asyncssh

        async with self._answered():
            with suppress(asyncssh.SFTPOpUnsupported):
                await file.fsync()

    async def _close(self, file: "SFTPClientFile") -> None:
        async with self._answered():
            await file.close()


class SftpPlugin:
    """The port `DeliveryPlugin`."""

    options: type = SftpOptions

    def check(self, options: object) -> None:
        """Look at host, host key, folder, and that there is one way to log in."""
        assert isinstance(options, SftpOptions)
        given.check_host(options.host, options.port)
        given.required("username", options.username)
        given.check_line("username", options.username)
        given.check_unicode("password", options.password)
        given.check_directory("directory", options.directory)
        given.check_seconds(options.timeout_seconds)
        Pins.read(options.host_key)
        if bool(options.password) == bool(options.private_key):
            raise InvalidRequest(
                "There must be one way to log in.", field="password", cure="Give either 'password' or 'private_key'."
            )
        if options.passphrase and not options.private_key:
            raise InvalidRequest(
                "A passphrase is for a private key.", field="passphrase", cure="Leave it out, or give 'private_key'."
            )
        _private_key(options)

    def open(self, options: object, egress: Egress) -> AbstractAsyncContextManager[Delivery]:
        """Connect, compare the host key, log in."""
        assert isinstance(options, SftpOptions)
        return _session(options, egress)


DELIVERY: Final = SftpPlugin()


@asynccontextmanager
async def _session(options: SftpOptions, egress: Egress) -> AsyncIterator[Delivery]:
    connection = await _connect(options, egress)
    try:
        async with answered(options.host, options.timeout_seconds, given.secrets_of(options)):
            client = await connection.start_sftp_client()
        yield Arrival(SftpPlace(client, options), options.directory)
    finally:
        connection.close()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(options.timeout_seconds):
                await connection.wait_closed()


async def _connect(options: SftpOptions, egress: Egress) -> "SSHClientConnection":
    import asyncssh

    pins = Pins.read(options.host_key)
    watch, shown = pins.watch()
    key = _private_key(options)
    within = timedelta(seconds=options.timeout_seconds)
    line = await asyncio.to_thread(egress.connect, options.host, options.port, within)
    async with answered(options.host, options.timeout_seconds, given.secrets_of(options)):
        try:
            return await asyncssh.connect(
                options.host,
                options.port,
                sock=line,
                config=None,
                client_factory=lambda: watch,
                known_hosts=([], [], []),
                server_host_key_algs=list(pins.algorithms),
                username=options.username,
                password=options.password,
                client_keys=None if key is None else [key],
                preferred_auth=["password", "keyboard-interactive"] if key is None else ["publickey"],
                agent_path=None,
                gss_auth=False,
                gss_kex=False,
                x509_trusted_certs=None,
            )
        except asyncssh.HostKeyNotVerifiable:
            raise wrong_key(options.host, shown) from None


def _private_key(options: SftpOptions) -> "SSHKey | None":
    """The key that logs in; InvalidRequest where it cannot be read."""
    import asyncssh

    if not options.private_key:
        return None
    try:
        return asyncssh.import_private_key(options.private_key, options.passphrase)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, UnicodeEncodeError):
        if options.passphrase:
            raise InvalidRequest(
                "The private key cannot be read with this passphrase.",
                field="passphrase",
                cure="Check the passphrase; or give the key without one: it is stored encrypted here.",
            ) from None
        raise InvalidRequest(
            "This is no private key, or it is encrypted and 'passphrase' is missing.",
            field="private_key",
            cure="Give all of it: -----BEGIN OPENSSH PRIVATE KEY----- and so on.",
        ) from None
