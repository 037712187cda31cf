"""Encryption to recipients: they alone can read it, whatever its size, and no thread stays behind."""

import gc
import threading
from collections.abc import Iterator

import pyrage  # type: ignore[import-untyped]
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from offtake.core.error import Internal, InvalidRequest
from offtake.secrets.age import Encryption, check_recipients

ALICE, BOB = (pyrage.x25519.Identity.generate() for _ in range(2))
TO_ALICE, TO_BOB = (str(one.to_public()) for one in (ALICE, BOB))
BLOCK = 1 << 16

PrivateKey = ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

SSH: dict[str, PrivateKey] = {
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
    "rsa": rsa.generate_private_key(65537, 2048),
}
SMALL = rsa.generate_private_key(65537, 1024)
CURVE = ec.generate_private_key(ec.SECP256R1())

LOW_ORDER = [
    "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z",
    "age1qyqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqj7vrya",
    "age1anlllllllllllllllllllllllllllllllllllllllllllllllals4n2t7m",
    "age1ur4h5lpmgxu2u9jku0a0r87ydtdqnr0tnsetrlvxvgz3vh6fhqqqzyt4v9",
    "age1t7wft09r2zxzfvwsk92eeql0tvzyghxytqwgapkcyf8dm5ylz9ts6wm9s8",
]
"""Well-formed, but of points to which nothing can be encrypted."""


def public(key: PrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def encrypted(pieces: list[bytes], *recipients: str) -> bytes:
    encryption = Encryption(recipients)
    return b"".join([encryption.update(one) for one in pieces] + [encryption.finish()])


@pytest.fixture(autouse=True)
def no_thread_stays_behind() -> Iterator[None]:
    yield
    if encrypting():
        gc.collect()
    assert not encrypting()


def encrypting() -> bool:
    return "encryption" in {one.name for one in threading.enumerate()}


# --- encrypting ---


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 5 << 20])
def test_every_recipient_reads_what_was_written(size: int) -> None:
    plain = bytes(range(256)) * (size // 256 + 1)
    sent = encrypted([plain[:size]], TO_ALICE, TO_BOB)
    assert pyrage.decrypt(sent, [ALICE]) == pyrage.decrypt(sent, [BOB]) == plain[:size]
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(sent, [pyrage.x25519.Identity.generate()])


@given(st.lists(st.binary(max_size=40) | st.integers(0, 150_000).map(bytes), max_size=8))
def test_the_pieces_make_no_difference(pieces: list[bytes]) -> None:
    assert pyrage.decrypt(encrypted(pieces, TO_ALICE), [ALICE]) == b"".join(pieces)


@pytest.mark.parametrize("kind", SSH)
def test_an_ssh_key_reads_it_too(kind: str) -> None:
    (recipient,) = check_recipients([public(SSH[kind])])
    private = SSH[kind].private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    assert pyrage.decrypt(encrypted([b"rows"], recipient), [pyrage.ssh.Identity.from_buffer(private)]) == b"rows"


def test_what_is_ready_comes_out_at_once() -> None:
    encryption = Encryption([TO_ALICE])
    taken = 0
    for round_ in range(1, 9):
        taken += len(encryption.update(bytes(1 << 20)))
        assert taken > (round_ << 20) - 2 * BLOCK
    encryption.abandon()


def test_it_may_be_abandoned_at_any_time_and_more_than_once() -> None:
    fresh, begun, finished = (Encryption([TO_ALICE]) for _ in range(3))
    begun.update(b"row")
    finished.finish()
    for one in (fresh, begun, finished, begun):
        one.abandon()


def test_one_that_is_forgotten_ends() -> None:
    Encryption([TO_ALICE]).update(b"row")


@pytest.mark.parametrize("recipients", [(), ("nonsense",), (LOW_ORDER[0],)])
def test_a_library_that_fails_is_a_fault_of_ours(
    recipients: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    encryption = Encryption(recipients)
    with pytest.raises(Internal):
        encryption.update(b"row")
    encryption.abandon()
    capfd.readouterr()


# --- recipients ---


def test_recipients_are_kept_in_one_way_to_write_them() -> None:
    ssh = public(SSH["ed25519"])
    given = [TO_ALICE.upper(), f"  {TO_BOB}\n", f"{ssh}  alice@example.com (laptop)\n", public(SSH["rsa"])]
    assert check_recipients(given) == (TO_ALICE, TO_BOB, ssh, public(SSH["rsa"]))
    assert check_recipients([]) == ()


BAD = [
    "",
    " ",
    "nonsense",
    TO_ALICE[:-1],
    TO_ALICE[:-1] + ("q" if TO_ALICE[-1] != "q" else "p"),
    "A" + TO_ALICE[1:],
    f"{TO_ALICE} {TO_BOB}",
    f"{TO_ALICE}\n{TO_BOB}",
    f"{public(SSH['ed25519'])}\n{public(SSH['rsa'])}",
    public(SSH["ed25519"])[:-4],
    "ssh-ed25519 A",
    "ssh-ed25519 AAAA\0",
    "ssh-ed25519 \ud800",
    "ssh-ed25519 é",
    public(SMALL),
    public(CURVE),
    str(ALICE),
    SSH["ed25519"].private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode(),
    "age1yubikey1qgzkzp6uwdpskamwz3m8azzkr5yfzmfdgxgl3s0fsx52sggqt50e72kdxfz",
    "age1" + "q" * 10_000,
    *LOW_ORDER,
]


@pytest.mark.parametrize("bad", BAD, ids=range(len(BAD)))
def test_what_is_no_public_key_is_refused_without_showing_it(bad: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        check_recipients([TO_BOB, bad])
    assert refused.value.field == "encrypt_to[1]"
    assert refused.value.cure
    assert not bad.strip() or bad.strip() not in f"{refused.value} {refused.value.cure}"
    assert refused.value.__suppress_context__
    assert capfd.readouterr() == ("", "")


@given(st.text(max_size=80) | st.text("age1ssh-rd25519 ", max_size=80))
def test_any_text_is_refused_in_the_same_words(text: str) -> None:
    with pytest.raises(InvalidRequest, match="not a recipient's public key"):
        check_recipients([text], "to")


@pytest.mark.parametrize("again", [TO_ALICE, TO_ALICE.upper(), f"{TO_ALICE} "], ids=["same", "upper case", "spaced"])
def test_a_recipient_who_comes_twice_is_refused(again: str) -> None:
    with pytest.raises(InvalidRequest, match=r"same as encrypt_to\[1\]") as refused:
        check_recipients([TO_BOB, TO_ALICE, again])
    assert refused.value.field == "encrypt_to[2]"


def test_an_ssh_key_under_two_comments_is_one_recipient() -> None:
    line = public(SSH["ed25519"])
    with pytest.raises(InvalidRequest, match="same as"):
        check_recipients([f"{line} home", f"{line} work"])


def test_there_are_twenty_recipients_at_most() -> None:
    many = [str(pyrage.x25519.Identity.generate().to_public()) for _ in range(21)]
    assert check_recipients(many[:20]) == tuple(many[:20])
    with pytest.raises(InvalidRequest) as refused:
        check_recipients(many)
    assert refused.value.field == "encrypt_to"
