"""One exchange with the server: the token, the errors and the tries, for every call alike."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from typing import TypeVar

import httpx2
import msgspec

from offtake.client.error import Refused, ServerFault, Unreachable, from_response
from offtake.client.patience import Patience

T = TypeVar("T")


class Wire:
    """The way to one server with one token; may be shared between threads.

    The token goes to the API only, never to a file's link, which may lead to another host. Redirects are not followed.
    """

    def __init__(
        self, base_url: str, token: str, *, timeout: float, transport: httpx2.BaseTransport | None, patience: Patience
    ) -> None:
        self.patience = patience
        self._base = _checked(base_url)
        if not token.isascii() or not token.isprintable() or not token or " " in token:
            raise Refused("This is not a token.", field="token", cure="Copy it whole, without spaces or line ends.")
        self._authorization = f"Bearer {token}"
        self._timeout = timeout
        self._http = httpx2.Client(
            base_url=self._base,
            headers={"User-Agent": f"offtake/{version('offtake')}"},
            timeout=timeout,
            transport=transport,
            limits=httpx2.Limits(max_connections=None),
        )

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        server_waits: float = 0.0,
    ) -> httpx2.Response:
        """Ask until there is an answer that lasts; return a success or the 304 asked for, raise the error of others.

        Only for requests that may be sent twice. `server_waits` are seconds for which the server may hold its answer.
        """

        sent = self._headers(body is not None, headers or {})

        def attempt() -> httpx2.Response:
            try:
                response = self._http.request(
                    method,
                    path,
                    params=dict(params or {}),
                    content=None if body is None else msgspec.json.encode(body),
                    headers=sent,
                    timeout=httpx2.Timeout(self._timeout, read=self._timeout + server_waits),
                )
            except httpx2.TransportError as problem:
                raise self._unreachable(problem) from problem
            unchanged = response.status_code == httpx2.codes.NOT_MODIFIED and "If-None-Match" in sent
            if response.is_success or unchanged:
                return response
            raise from_response(response)

        return self.patience.persist(attempt)

    @contextmanager
    def stream(self, url: str, headers: Mapping[str, str]) -> Iterator[httpx2.Response]:
        """GET a file's link once, without the token; a connection lost while its body is read is Unreachable too."""
        try:
            with self._http.stream(
                "GET", self._base.join(url), headers={"Accept-Encoding": "identity", **headers}
            ) as response:
                if not response.is_success:
                    response.read()
                    raise from_response(response)
                yield response
        except httpx2.TransportError as problem:
            raise self._unreachable(problem) from problem

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    def _headers(self, has_body: bool, more: Mapping[str, str]) -> dict[str, str]:
        content = {"Content-Type": "application/json"} if has_body else {}
        return {"Authorization": self._authorization, "Accept": "application/json", **content, **more}

    def _unreachable(self, problem: httpx2.TransportError) -> Unreachable:
        reason = str(problem) or type(problem).__name__
        return Unreachable(
            f"There is no answer from {self._base}: {reason}.",
            cure="Check the URL, the network, and that the server runs.",
        )


def decode(response: httpx2.Response, kind: type[T]) -> T:
    """The answer's body as `kind`; ServerFault if it is something else."""
    try:
        return msgspec.json.decode(response.content, type=kind)
    except msgspec.MsgspecError as problem:
        raise ServerFault(
            f"{response.url} does not answer as the API does: {problem}.",
            cure="Check that the URL is that of an Offtake server.",
        ) from problem


def _checked(base_url: str) -> httpx2.URL:
    try:
        url = httpx2.URL(base_url)
    except httpx2.InvalidURL:
        url = httpx2.URL("")
    if url.scheme not in ("http", "https") or not url.host:
        raise Refused(
            f"'{base_url}' is not the URL of a server.",
            field="base_url",
            cure="Write it like https://exports.example.com.",
        )
    return url
