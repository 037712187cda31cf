"""Files that are encrypted to recipients, read by the `age` command."""

import fcntl
import gzip
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from offtake.core.dataset import Dataset, Table
from offtake.core.export import ExportRequest, Part, Selection
from offtake.core.limits import Split
from offtake.core.ports import Storage, TextForm
from offtake.core.query import JsonLayout, Query
from offtake.pipeline.parts import Parts
from offtake.pipeline.plan import make_plan
from offtake.secrets.age import check_recipients
from offtake.storage.local import STORAGE

ROW = b'{"id":1234567,"name":"a name"}\n'


@pytest.fixture(scope="session")
def age(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The command, installed if need be and root may do so."""
    with (tmp_path_factory.getbasetemp().parent / "age.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if shutil.which("age") is None and os.geteuid() == 0 and shutil.which("apt-get"):
            for step in (["update"], ["install", "-y", "--no-install-recommends", "age"]):
                subprocess.run(["apt-get", *step], check=False, capture_output=True, timeout=100)
    found = shutil.which("age")
    if found is None:
        print("SKIPPED: there is no `age` command and none could be installed; install age.", file=sys.__stderr__)
        pytest.skip("there is no `age` command")
    return found


@pytest.fixture
def identity(age: str, tmp_path: Path) -> Path:
    """A file with a private key."""
    path = tmp_path / "identity.txt"
    subprocess.run([age + "-keygen", "-o", path], check=True, capture_output=True)
    return path


def public(identity: Path, age: str) -> str:
    return subprocess.run([age + "-keygen", "-y", identity], check=True, capture_output=True, text=True).stdout


def exported(
    tmp_path: Path,
    blocks: Sequence[bytes],
    to: Sequence[str],
    compression: str | None = None,
    split: Split | None = None,
) -> list[tuple[Part, Path]]:
    """The parts of an export, with the files in which they lie."""
    storage: Storage = STORAGE.open(STORAGE.options(directory=str(tmp_path / "files")))
    dataset = Dataset(name="things", source="s", relation=Table(name="t"), fields=(), shared=True)
    request = ExportRequest(
        selections=(Selection(dataset="things"),),
        format="jsonl",
        compression=compression,
        recipients=check_recipients(to),
        split=split or Split(),
        dialect="test",
    )
    query = Query(dataset=dataset, fields=(), where=(), window=None, scope={})
    plan = make_plan(request, (query,), (TextForm(layout=JsonLayout()),), "jsonl")
    parts = Parts(storage, "export/1", plan.steps[0], plan)
    for block in blocks:
        parts.write(block)
    return [(one, tmp_path / "files" / one.location) for one in parts.finish()]


def decrypted(age: str, file: Path, identity: Path) -> bytes:
    return subprocess.run([age, "--decrypt", "-i", identity, file], check=True, capture_output=True).stdout


@pytest.mark.parametrize("compression", [None, "gzip"])
@pytest.mark.parametrize("rows", [[0], [1], [100_000, 1, 150_000]], ids=["none", "one", "millions of bytes"])
def test_the_command_reads_what_was_written(
    age: str, identity: Path, tmp_path: Path, rows: list[int], compression: str | None
) -> None:
    ((part, file),) = exported(tmp_path, [ROW * count for count in rows], [public(identity, age)], compression)
    assert part.rows == sum(rows)
    assert part.bytes == file.stat().st_size
    plain = decrypted(age, file, identity)
    assert (gzip.decompress(plain) if compression else plain) == ROW * sum(rows)


def test_a_file_of_one_byte_is_read(age: str, identity: Path, tmp_path: Path) -> None:
    ((_, file),) = exported(tmp_path, [b"\n"], [public(identity, age)])
    assert decrypted(age, file, identity) == b"\n"


def test_every_part_is_a_file_of_its_own(age: str, identity: Path, tmp_path: Path) -> None:
    files = exported(tmp_path, [ROW * 25], [public(identity, age)], split=Split(bytes=10 * len(ROW)))
    assert [decrypted(age, file, identity) for _, file in files] == [ROW * 10, ROW * 10, ROW * 5]
    assert all(part.name.endswith(".jsonl.age") for part, _ in files)


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_ssh_keys_and_age_keys_read_the_same_file(age: str, identity: Path, tmp_path: Path, kind: str) -> None:
    key = ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else rsa.generate_private_key(65537, 2048)
    private = tmp_path / "ssh_key"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    line = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    ((_, file),) = exported(tmp_path, [ROW * 1000], [f"{line} somebody@example.com\n", public(identity, age)])
    assert decrypted(age, file, private) == decrypted(age, file, identity) == ROW * 1000


def test_nobody_else_reads_it(age: str, identity: Path, tmp_path: Path) -> None:
    ((_, file),) = exported(tmp_path, [ROW], [public(identity, age)])
    other = tmp_path / "other.txt"
    subprocess.run([age + "-keygen", "-o", other], check=True, capture_output=True)
    refused = subprocess.run([age, "--decrypt", "-i", other, file], check=False, capture_output=True)
    assert refused.returncode != 0
    assert refused.stdout == b""
    assert ROW not in file.read_bytes()
