"""The programs of others that tests run: which there are, and how the missing ones are got.

`python -m offtake.testing.parts ensure` has apt-get install what is missing, if root runs it; what cannot be had is
named loudly, and the tests that need it are skipped.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

PACKAGES: Final[Mapping[str, str]] = {
    "vsftpd": "vsftpd",
    "sshd": "openssh-server",
    "age": "age",
    "curl": "curl",
    "db_load": "db-util",
}
"""Programs, and the packages that bring them."""

PLACES: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def find(name: str) -> Path | None:
    """Where a program is: beside this Python, on the search path, or where servers lie."""
    own = Path(sys.executable).parent / name
    found = str(own) if own.is_file() else shutil.which(name) or shutil.which(name, path=PLACES)
    return Path(found) if found else None


def needed(name: str) -> Path:
    """Where a program is; RuntimeError with what to do if it is nowhere."""
    if found := find(name):
        return found
    raise RuntimeError(f"There is no {name}; run `python -m offtake.testing.parts ensure` as root.")


def ensure() -> Sequence[str]:
    """Install what is missing, as far as that is possible; the programs that are missing still."""
    missing = [name for name in PACKAGES if find(name) is None]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        packages = [PACKAGES[name] for name in missing]
        for step in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
            subprocess.run(["apt-get", *step], check=False, stdout=subprocess.DEVNULL, env=quiet)
    return [name for name in PACKAGES if find(name) is None]


def main(arguments: Sequence[str]) -> int:
    """`ensure`, the one command. What is missing in the end is no failure, but it is said."""
    if list(arguments) != ["ensure"]:
        sys.stderr.write("usage: python -m offtake.testing.parts ensure\n")
        return 2
    missing = ensure()
    for name in missing:
        sys.stderr.write(f"!!! {name} is MISSING (package {PACKAGES[name]}): tests that need it will be SKIPPED !!!\n")
    if not missing:
        sys.stdout.write(f"Servers and tools for the tests: {', '.join(PACKAGES)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
