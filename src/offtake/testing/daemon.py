"""Servers of others, run for tests: on a free port of loopback, in a folder of their own, ended by their process id."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import Final, Self

PATIENCE: Final = 30.0
"""Seconds that a server may take to listen."""

SERVANTS: Final = ("nobody", "daemon", "www-data")


class Daemon:
    """A server that runs for the length of a `with` block, in a folder that goes with it.

    `root` is what it shows of the disk. For root, `servant` is the unprivileged user to whom that belongs, else None.
    """

    def __init__(self, name: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=f"offtake-{name}-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.closing = ExitStack()
        self.closing.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.port = free_port()
        self.log = self.folder / "log"
        self.servant = _servant()
        self.root = self.make("root")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Set everything up and `run` the server."""
        raise RuntimeError("This server has no way to start.")

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self.closing.close()

    def make(self, name: str) -> Path:
        """A new folder in the server's own, of the servant's."""
        made = self.folder / name
        made.mkdir()
        if self.servant is not None:
            shutil.chown(made, self.servant)
        return made

    def make_small(self, name: str, size: int) -> Path | None:
        """A new folder below `root` on a disk of that many bytes; None where no disk can be mounted."""
        small = self.make(f"root/{name}")
        command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0777", "tmpfs", str(small)]
        if os.geteuid() != 0 or subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode != 0:
            return None
        self.closing.callback(subprocess.run, ["umount", "-l", str(small)], check=False)
        return small

    def run(self, command: Sequence[str], *, environ: Mapping[str, str] | None = None, drop: bool = False) -> None:
        """Start the server, as the servant if `drop` says so, and wait until it listens; its output goes to the log."""
        user = self.servant if drop else None
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={**os.environ, **(environ or {})},
                start_new_session=True,
                user=user,
                group=pwd.getpwnam(user).pw_gid if user else None,
                extra_groups=[] if user else None,
            )
        deadline = time.monotonic() + PATIENCE
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command[0]} did not start: {self.log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.02)

    def reachable(self, program: Path) -> Path:
        """The program, or where there is a servant a copy of it: it may lie in a home that is closed to others."""
        if self.servant is None:
            return program
        copy = self.folder / program.name
        if not copy.exists():
            shutil.copy(program, copy)
        return copy

    def stop(self) -> None:
        """End the server and what it has started; harmless if it does not run."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def free_port() -> int:
    """A port of loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _servant() -> str | None:
    """Who is to own what servers write: for root, an unprivileged user whose home is there; else we ourselves."""
    if os.geteuid() != 0:
        return None
    homes = {one.pw_name: one.pw_dir for one in pwd.getpwall()}
    return next(name for name in SERVANTS if Path(homes.get(name, "/nonexistent")).is_dir())


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for `localhost` and 127.0.0.1, and its key, as PEM files."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths
