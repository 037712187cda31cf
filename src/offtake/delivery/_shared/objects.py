"""Object stores: a file appears at one stroke, or not at all.

The store's client resolves names by itself, so that all it does goes through the guarded proxy. It says little about
connections that fail; then the same host is asked by the guarded way out, which says why.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Protocol, Self
from urllib.parse import urlsplit

from offtake.core.error import InvalidRequest, TargetFailed, Trouble
from offtake.core.ports import Content, Delivery, Egress
from offtake.delivery._shared import given
from offtake.delivery._shared.arrival import altered, exists, plain
from offtake.delivery._shared.failure import said

if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

PART: Final = 5 * 1024 * 1024
"""Bytes of a part of an object; no store takes smaller ones. What is shorter is put whole."""

MOST_PARTS: Final = 10_000
AT_ONCE: Final = 2
"""Parts under way."""

RETRIES: Final = 3
CHECK: Final = ".offtake-check"

REFUSED: Final = {
    "SignatureDoesNotMatch": Trouble.LOGIN_REFUSED,
    "InvalidAccessKeyId": Trouble.LOGIN_REFUSED,
    "InvalidToken": Trouble.LOGIN_REFUSED,
    "ExpiredToken": Trouble.LOGIN_REFUSED,
    "AuthenticationFailed": Trouble.LOGIN_REFUSED,
    "InvalidAuthenticationInfo": Trouble.LOGIN_REFUSED,
    "AccessDenied": Trouble.NO_PERMISSION,
    "AllAccessDisabled": Trouble.NO_PERMISSION,
    "AuthorizationPermissionMismatch": Trouble.NO_PERMISSION,
    "AuthorizationFailure": Trouble.NO_PERMISSION,
    "QuotaExceeded": Trouble.NO_ROOM,
    "EntityTooLarge": Trouble.NO_ROOM,
}
"""What the stores' own codes mean."""

STATUS: Final = {401: Trouble.LOGIN_REFUSED, 403: Trouble.NO_PERMISSION, 412: Trouble.NAME_EXISTS, 507: Trouble.NO_ROOM}
"""What a status means where no code says more; all others are BAD_ANSWER."""

CURES: Final = {
    Trouble.LOGIN_REFUSED: "Check the credentials.",
    Trouble.NO_PERMISSION: "Let the credentials put, read and list objects in this place.",
    Trouble.TLS_FAILED: "Have the store show a certificate for this name, or give the one to trust in 'certificate'.",
}

_STATUS: Final = re.compile(r"status code: (\d{3})")
_CODE: Final = re.compile(r"<Code>\s*(\w+)\s*</Code>")

PREFIX: Final[Mapping[str, str]] = {"description": "What the names of all objects begin with, as folders do."}
REQUEST: Final[Mapping[str, str]] = {
    "description": "How many seconds one request may take; it carries 5 MiB, or more of files beyond 50 GB."
}
CERTIFICATE: Final[Mapping[str, str]] = {
    "description": "A certificate (PEM) to trust beside those that the system trusts."
}


class Reached(Protocol):
    """What options of all stores have."""

    @property
    def prefix(self) -> str:
        """What the names of all objects begin with."""

    @property
    def certificate(self) -> str | None:
        """What certificate to trust beside the system's."""

    @property
    def timeout_seconds(self) -> float:
        """How long a request may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a store is reached: its URL, what certificate to trust, and how long a request may take.

    `secrets` are what no message shows.
    """

    url: str
    certificate: str | None
    seconds: float
    secrets: tuple[str, ...] = field(repr=False)

    @classmethod
    def of(cls, options: Reached, url: str) -> Self:
        """The way that options ask for."""
        return cls(
            url=url.rstrip("/"),
            certificate=options.certificate,
            seconds=options.timeout_seconds,
            secrets=given.secrets_of(options),
        )

    @property
    def host(self) -> str:
        """The host."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The port."""
        parts = urlsplit(self.url)
        return parts.port or (80 if parts.scheme == "http" else 443)

    def client(self, proxy: str) -> "ClientConfig":
        """The settings of the store's client; the environment has no say."""
        config: ClientConfig = {
            "proxy_url": proxy,
            "proxy_excludes": "",
            "allow_invalid_certificates": False,
            "allow_http": self.url.startswith("http://"),
            "timeout": timedelta(seconds=self.seconds),
            "connect_timeout": timedelta(seconds=self.seconds),
        }
        if self.certificate is not None:
            config["root_certificate"] = self.certificate
        return config

    def retries(self) -> "RetryConfig":
        """A few quick ones; for all others there is the next try of the delivery."""
        return {"max_retries": RETRIES, "retry_timeout": timedelta(seconds=self.seconds)}


class Objects:
    """The port `Delivery` for a store."""

    def __init__(self, store: "ObjectStore", prefix: str, way: Way, egress: Egress) -> None:
        self._store = store
        self._prefix = prefix.strip("/")
        self._way = way
        self._egress = egress

    async def check(self) -> None:
        """Put a small object, always the same one, and delete it if that is allowed."""
        import obstore

        key = self._key(CHECK)
        async with self._answered():
            await obstore.put_async(self._store, key, b"offtake")
        await self._discard(key)

    async def push(self, name: str, content: Content, *, replace: bool) -> None:
        """As the port says; there is no temporary name. Every request's bytes are hashed for the store to compare."""
        import obstore

        key = self._key(plain(name))
        if not replace and await self._size(key) is not None:
            raise exists(name)
        pieces = Pieces(content)
        async with self._answered(pieces):
            if content.size <= PART:
                whole = b"".join([piece async for piece in pieces.read()])
                await obstore.put_async(self._store, key, whole, use_multipart=False)
            else:
                part = max(PART, -(-content.size // MOST_PARTS))
                await obstore.put_async(
                    self._store, key, pieces.read(), use_multipart=True, chunk_size=part, max_concurrency=AT_ONCE
                )
        await self._verify(key, content)

    async def _verify(self, key: str, content: Content) -> None:
        """Compare lengths. Who may put and not read has the store's word, which has compared the hashes."""
        try:
            arrived = await self._size(key)
        except TargetFailed as failure:
            if failure.trouble is Trouble.NO_PERMISSION:
                return
            raise
        if arrived != content.size:
            await self._discard(key)
            raise altered()

    async def _discard(self, key: str) -> None:
        import obstore

        with suppress(TargetFailed):
            async with self._answered():
                await obstore.delete_async(self._store, key)

    async def _size(self, key: str) -> int | None:
        """The length of an object. A refusal of HEAD has no words, so GET is then tried for them."""
        import obstore

        try:
            async with self._answered():
                with suppress(FileNotFoundError):
                    return (await obstore.head_async(self._store, key))["size"]
                return None
        except TargetFailed as failure:
            if failure.trouble is not Trouble.NO_PERMISSION:
                raise
        async with self._answered():
            with suppress(FileNotFoundError):
                return (await obstore.get_async(self._store, key)).meta["size"]
            return None

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}" if self._prefix else name

    @asynccontextmanager
    async def _answered(self, pieces: "Pieces | None" = None) -> AsyncIterator[None]:
        """Make a TargetFailed of whatever goes wrong; trouble with the pieces themselves comes first."""
        from obstore.exceptions import BaseError

        try:
            yield
        except TargetFailed:
            raise
        except (BaseError, OSError, ValueError, RuntimeError) as problem:
            if pieces is not None and pieces.problem is not None:
                raise pieces.problem from None
            head, _, details = str(problem).partition("\n\nDebug source:")
            raise await self._failure(head, details) from None

    async def _failure(self, head: str, details: str) -> TargetFailed:
        status, code = _STATUS.search(head), _CODE.search(head)
        if code is None and (status is None or self._way.url.startswith("http://")):
            why = await self._unreached()  # without TLS, the answer may be the proxy's
            if why is not None or status is None:
                return why or self._broken_off(details)
        return self._refused(head, int(status[1]) if status else 0, code[1] if code else "")

    def _refused(self, words: str, status: int, code: str) -> TargetFailed:
        trouble = REFUSED.get(code) or STATUS.get(status, Trouble.BAD_ANSWER)
        text = re.search(r"<Message>\s*(.*?)\s*</Message>", words, re.DOTALL) or re.search(
            r'"message": *"(.*?)"', words
        )
        answer = " ".join(filter(None, [str(status or ""), code, said(text[1], self._way.secrets) if text else ""]))
        return TargetFailed(trouble, f"{self._way.host} answers: {answer}", cure=CURES.get(trouble))

    async def _unreached(self) -> TargetFailed | None:
        """Why the guarded way out does not lead there; None if it does."""
        within = timedelta(seconds=self._way.seconds)
        try:
            line = await asyncio.to_thread(self._egress.connect, self._way.host, self._way.port, within)
        except TargetFailed as why:
            return why
        line.close()
        return None

    def _broken_off(self, details: str) -> TargetFailed:
        """Why no answer came. The client's own words may hold an address with a signature: they are not repeated."""
        host = self._way.host
        if "InvalidCertificate(" in details or "AlertReceived(" in details:
            trouble, what = Trouble.TLS_FAILED, f"The certificate of {host} was not accepted."
        elif "kind: Timeout" in details:
            trouble, what = Trouble.TIMED_OUT, f"No answer came from {host} in time."
        else:
            trouble, what = Trouble.BROKEN_OFF, f"The connection to {host} was lost."
        return TargetFailed(trouble, what, cure=CURES.get(trouble))


class Pieces:
    """A content, piece by piece; what is not of its length and hash is never handed on whole.

    `problem` is why it broke off, if it did: the store's client does not pass that on.
    """

    def __init__(self, content: Content) -> None:
        self._content = content
        self.problem: TargetFailed | None = None

    async def read(self) -> AsyncIterator[bytes]:
        """The pieces."""
        digest, count = sha256(), 0
        try:
            pieces = self._content.read(0)
            while piece := await asyncio.to_thread(next, pieces, b""):
                digest.update(piece)
                count += len(piece)
                yield piece
            if count != self._content.size or digest.hexdigest() != self._content.sha256:
                raise altered()
        except TargetFailed as problem:
            self.problem = problem
            raise


@asynccontextmanager
async def session(
    options: Reached, url: str, egress: Egress, build: "Callable[[ClientConfig, RetryConfig], ObjectStore]"
) -> AsyncIterator[Delivery]:
    """A delivery to the store that `build` makes; nothing is asked of it yet."""
    from obstore.exceptions import BaseError

    way = Way.of(options, url)
    async with egress.proxy() as proxy:
        try:
            store = build(way.client(proxy), way.retries())
        except (BaseError, ValueError):
            raise TargetFailed(
                Trouble.LOGIN_REFUSED, "The credentials cannot be used.", cure=CURES[Trouble.LOGIN_REFUSED]
            ) from None
        yield Objects(store, options.prefix, way, egress)


def check_place(name: str, value: str, prefix: str) -> None:
    """Raise InvalidRequest unless bucket (or container) and prefix can be ones."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}", value):
        raise InvalidRequest(f"This is no {name}'s name.", field=name, cure="Give it without slashes.")
    given.check_directory("prefix", prefix)
    if "//" in prefix.strip("/"):
        raise InvalidRequest("The prefix has an empty segment.", field="prefix", cure="Write it like 'exports/daily'.")


def check_url(name: str, url: str) -> None:
    """Raise InvalidRequest unless this is the bare address of a server: no path, no credentials."""
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and parts.port != 0 and "@" not in parts.netloc
        fine = fine and parts.path in ("", "/") and not parts.query and not parts.fragment and url.isprintable()
        host = parts.hostname or ""
    except ValueError:
        fine, host = False, ""
    if not fine or not host:
        raise InvalidRequest(
            "This is not the address of a store.", field=name, cure="Write it like https://storage.example.com."
        )
    given.check_host(host, 443)
