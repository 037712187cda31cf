"""An S3 server that checks signatures and keeps its objects as plain files: rclone's, over TLS."""

import secrets
from pathlib import Path
from typing import Final

from offtake.testing.daemon import Daemon, certificate
from offtake.testing.parts import needed

BUCKET: Final = "incoming"


class S3(Daemon):
    """The server; an object's file is `bucket` / its key. It asks for the path style.

    Unless it `asks` for a key it lets anybody in, whatever they show, and then serves those as well whose language is
    this one but for the login.
    """

    def __init__(self, *, asks: bool = True) -> None:
        super().__init__("s3")
        self._asks = asks
        self.access_key_id = secrets.token_hex(8)
        self.secret_access_key = secrets.token_hex(16)
        self.bucket: Path = self.make(f"root/{BUCKET}")
        self.certificate, self._key = certificate(self.folder)

    @property
    def url(self) -> str:
        """Its address."""
        return f"https://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start rclone."""
        self._key.chmod(0o644)
        rclone = str(self.reachable(needed("rclone")))
        command = [rclone, "serve", "s3", "--config", "", "--addr", f"127.0.0.1:{self.port}"]
        keys = ["--auth-key", f"{self.access_key_id},{self.secret_access_key}"] if self._asks else []
        tls = ["--cert", str(self.certificate), "--key", str(self._key)]
        fresh = ["--vfs-cache-mode", "off", "--cache-dir", str(self.make("cache"))]
        self.run([*command, *keys, *tls, *fresh, str(self.root)], drop=True)
