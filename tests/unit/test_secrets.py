"""Keys, tokens and links: what is genuine passes, and nothing else does."""

import os
import string
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from offtake.core.error import Gone, InvalidRequest, NotFound
from offtake.secrets import keyfile, keyring
from offtake.secrets.keyring import Keyring, Purpose, Subkeys
from offtake.secrets.links import LinkSigner
from offtake.secrets.tokens import ALPHABET, Tokens, looks_valid

KEY = bytes(range(32))
TOKENS = Tokens(key=KEY)
LINKS = LinkSigner(key=KEY)
UNTIL = datetime(2026, 3, 1, 12, tzinfo=UTC)
BEFORE = UNTIL - timedelta(seconds=1)
PATH = "/v1/files/6a0c2a7e/bookings-1.csv"


def query(text: str) -> dict[str, list[str]]:
    pairs = [one.partition("=") for one in text.split("&")]
    return {name: [value] for name, _, value in pairs}


# --- the master key ---


def test_a_key_from_the_environment_is_the_one_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    assert keyfile.from_file(path) == keyring.from_text(path.read_text())
    assert keyring.from_text(keyring.generate()) != keyring.from_text(keyring.generate())


@pytest.mark.parametrize("text", ["", "short", "A" * 42, "A" * 44, "é" * 43, "A" * 42 + "B", "A" * 43 + "==", "a" * 64])
def test_what_is_no_key_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        keyring.from_text(text)
    assert refused.value.field == "secrets.key"
    assert refused.value.cure
    assert not text or text not in str(refused.value)


def test_each_purpose_has_a_key_of_its_own_that_never_changes() -> None:
    ring = Keyring((KEY,))
    assert len({ring.subkeys(one) for one in Purpose}) == len(Purpose)
    assert ring.subkeys(Purpose.TOKENS)[0].hex() == "5dce829a844b0dad9a5e7f5d8e58db59fae12760d1b899acfd127d63a7224c94"
    assert ring.subkeys(Purpose.LINKS)[0].hex() == "49fbb4a9db24ea247c7019cd1d689bb57fe03854bb80e303506642d9b738b38a"
    assert str(KEY) not in repr(ring)


# --- tokens ---


def test_an_issued_token_is_recognisable_and_unlike_any_other() -> None:
    issued = [TOKENS.issue() for _ in range(500)]
    assert len(set(issued)) == 500
    assert all(looks_valid(one) and one.startswith("off_") and len(one) == 42 for one in issued)
    letters = Counter("".join(one[4:36] for one in issued))
    assert set(letters) == set(string.ascii_letters + string.digits)


@settings(deadline=None)
@given(place=st.integers(4, 41), letter=st.sampled_from(ALPHABET))
def test_a_typing_error_is_told_without_the_store(place: int, letter: str) -> None:
    token = TOKENS.issue()
    assume(token[place] != letter)
    assert not looks_valid(token[:place] + letter + token[place + 1 :])


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_can_be_hashed_and_hinted_and_none_looks_like_a_token(text: str) -> None:
    assert len(TOKENS.digest(text)) == 32
    assert len(TOKENS.hint(text)) <= len(text) // 4
    assert not looks_valid(text)


@pytest.mark.parametrize("odd", ["{}\n", " {}", "{} ", "{}0", "off_{}"])
def test_a_token_with_something_around_it_does_not_look_valid(odd: str) -> None:
    assert not looks_valid(odd.format(TOKENS.issue()))


def test_a_digest_depends_on_the_key_and_the_hint_shows_eight_characters() -> None:
    token = TOKENS.issue()
    assert TOKENS.digest(token) == TOKENS.digest(token)
    assert TOKENS.digest(token) != Tokens(key=KEY[::-1]).digest(token)
    assert TOKENS.hint(token) == token[:8]
    assert str(KEY) not in repr(TOKENS)
    TOKENS.digest("\ud800")


# --- links ---


def test_a_link_works_until_it_expires_and_then_says_so() -> None:
    signed = query(LINKS.sign(PATH, UNTIL))
    LINKS.verify(PATH, signed, BEFORE)
    with pytest.raises(Gone):
        LINKS.verify(PATH, signed, UNTIL)


@settings(deadline=None)
@given(data=st.data())
def test_every_flipped_bit_is_refused(data: st.DataObject) -> None:
    signed = query(LINKS.sign(PATH, UNTIL))
    where = data.draw(st.sampled_from(["path", "expires", "signature"]))
    text = PATH if where == "path" else signed[where][0]
    place, bit = data.draw(st.integers(0, len(text) - 1)), data.draw(st.integers(0, 7))
    flipped = text[:place] + chr(ord(text[place]) ^ (1 << bit)) + text[place + 1 :]
    path = flipped if where == "path" else PATH
    with pytest.raises(NotFound):
        LINKS.verify(path, signed if where == "path" else signed | {where: [flipped]}, BEFORE)


@settings(deadline=None)
@given(path=st.text(max_size=30), other=st.text(max_size=30), identity=st.text(max_size=10))
def test_a_link_is_for_one_path_and_one_state_of_the_file(path: str, other: str, identity: str) -> None:
    signed = query(LINKS.sign(path, UNTIL, identity))
    LINKS.verify(path, signed, BEFORE, identity)
    for wrong_path, wrong_identity in [(other, identity), (path, other), (path + identity, ""), (path[:-1], identity)]:
        if (wrong_path, wrong_identity) != (path, identity):
            with pytest.raises(NotFound):
                LINKS.verify(wrong_path, signed, BEFORE, wrong_identity)


GOOD = query(LINKS.sign(PATH, UNTIL))
EXPIRES, SIGNATURE = GOOD["expires"][0], GOOD["signature"][0]


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"expires": [EXPIRES]},
        {"signature": [SIGNATURE]},
        GOOD | {"signature": [SIGNATURE + "="]},
        GOOD | {"signature": [SIGNATURE[:-1]]},
        GOOD | {"signature": [SIGNATURE.lower()]},
        GOOD | {"signature": ["é" * 32]},
        GOOD | {"signature": [SIGNATURE, SIGNATURE]},
        GOOD | {"signature": []},
        GOOD | {"expires": [EXPIRES, EXPIRES]},
        GOOD | {"expires": ["0" + EXPIRES]},
        GOOD | {"expires": ["+" + EXPIRES]},
        GOOD | {"expires": [EXPIRES + ".0"]},
        GOOD | {"expires": [EXPIRES[:-1] + "٣"]},
        GOOD | {"expires": ["9" * 40]},
        GOOD | {"expires": [""]},
        GOOD | {"more": ["1"]},
    ],
    ids=str,
)
def test_only_the_one_way_to_write_a_link_is_taken(odd: dict[str, list[str]]) -> None:
    with pytest.raises(NotFound):
        LINKS.verify(PATH, odd, BEFORE)


def test_an_empty_signature_opens_nothing_even_for_a_link_signed_with_nothing() -> None:
    with pytest.raises(NotFound):
        LINKS.verify("", {"expires": [""], "signature": [""]}, BEFORE)


def test_a_link_of_another_key_is_refused() -> None:
    with pytest.raises(NotFound):
        LinkSigner(key=os.urandom(32)).verify(PATH, GOOD, BEFORE)


def test_links_signed_together_are_under_one_key_and_like_those_signed_alone() -> None:
    rings = [Keyring((KEY,))]
    signer = LinkSigner(key=Subkeys(lambda: rings[-1], Purpose.LINKS))
    alone = signer.sign(PATH, UNTIL)
    together = signer.until(UNTIL)
    rings.append(Keyring((KEY[::-1], KEY)))
    assert together(PATH) == alone
    signer.verify(PATH, query(alone), BEFORE)
    assert signer.until(UNTIL)(PATH) == signer.sign(PATH, UNTIL) != alone


def test_a_link_outlives_its_key_as_long_as_that_is_in_the_ring() -> None:
    rings = [Keyring((KEY,))]
    signer = LinkSigner(key=Subkeys(lambda: rings[-1], Purpose.LINKS))
    before = query(signer.sign(PATH, UNTIL))
    rings.append(Keyring((KEY[::-1], KEY)))
    after = query(signer.sign(PATH, UNTIL))
    assert after != before
    signer.verify(PATH, before, BEFORE)
    signer.verify(PATH, after, BEFORE)
    rings.append(Keyring((KEY[::-1],)))
    signer.verify(PATH, after, BEFORE)
    with pytest.raises(NotFound):
        signer.verify(PATH, before, BEFORE)
