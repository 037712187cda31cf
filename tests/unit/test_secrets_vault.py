"""The vault and the ring: what was sealed opens in its place, under old keys too, and nothing else does."""

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake.core.error import Internal, Unavailable
from offtake.secrets.keyring import Keyring, Purpose, Subkeys
from offtake.secrets.links import LinkSigner
from offtake.secrets.tokens import Tokens
from offtake.secrets.vault import Vault

OLD = Keyring((b"o" * 32,))
BOTH = Keyring((b"n" * 32, b"o" * 32))
NEW = Keyring((b"n" * 32,))
PLACE = "endpoint/7"


def vault(ring: Keyring) -> Vault:
    return Vault(lambda: ring)


@given(plain=st.text(), context=st.text(st.characters(codec="utf-8")))
def test_what_was_sealed_opens_in_its_place(plain: str, context: str) -> None:
    sealed = vault(OLD).seal(plain, context)
    assert vault(OLD).open(sealed, context) == plain
    assert vault(BOTH).open(sealed, context) == plain


def test_bytes_are_taken_as_utf_8() -> None:
    assert vault(OLD).open(vault(OLD).seal("grüße".encode(), PLACE), PLACE) == "grüße"


def test_no_two_sealings_are_alike_and_none_shows_the_secret() -> None:
    sealed = {vault(OLD).seal("whsec_canary", PLACE) for _ in range(100)}
    assert len(sealed) == 100
    assert b"canary" not in b"".join(sealed)


@given(other=st.text(st.characters(codec="utf-8")).filter(lambda one: one != PLACE))
def test_a_secret_that_was_moved_does_not_open(other: str) -> None:
    with pytest.raises(Internal):
        vault(OLD).open(vault(OLD).seal("secret", PLACE), other)


@given(st.data())
def test_a_changed_bit_is_noticed_and_the_secret_not_shown(data: st.DataObject) -> None:
    sealed = bytearray(vault(OLD).seal("canary", PLACE))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises((Internal, Unavailable)) as refused:
        vault(OLD).open(bytes(sealed), PLACE)
    assert "canary" not in f"{refused.value!r} {refused.value.cure}"
    assert refused.value.__cause__ is None


@pytest.mark.parametrize("length", [0, 1, 5, 64, 65, 80, 92])
def test_a_cut_secret_is_noticed(length: int) -> None:
    sealed = vault(OLD).seal("", PLACE)
    assert len(sealed) == 93
    with pytest.raises(Internal):
        vault(OLD).open(sealed[:length], PLACE)


def test_a_missing_master_key_is_named_by_its_id() -> None:
    with pytest.raises(Unavailable, match=OLD.ids[0]) as refused:
        vault(NEW).open(vault(OLD).seal("secret", PLACE), PLACE)
    assert refused.value.field == "secrets.key_file"
    assert refused.value.cure


def test_a_change_of_the_master_key_needs_no_context_and_keeps_the_content_as_it_is() -> None:
    sealed = vault(OLD).seal("secret", PLACE)
    assert vault(OLD).current(sealed)
    assert not vault(BOTH).current(sealed)
    again = vault(BOTH).reseal(sealed)
    assert vault(BOTH).current(again)
    assert vault(NEW).open(again, PLACE) == "secret"
    assert again[65:] == sealed[65:]
    assert vault(BOTH).reseal(again) == again
    with pytest.raises(Internal):
        vault(NEW).open(again, "endpoint/8")
    with pytest.raises(Unavailable):
        vault(OLD).open(again, PLACE)


def test_the_envelope_of_one_secret_does_not_open_another() -> None:
    mine, other = vault(OLD).seal("mine", PLACE), vault(OLD).seal("other", PLACE)
    with pytest.raises(Internal):
        vault(OLD).open(mine[:65] + other[65:], PLACE)


def test_ids_are_short_differ_and_say_nothing_of_the_keys() -> None:
    ring = Keyring(tuple(secrets.token_bytes(32) for _ in range(50)))
    assert len(set(ring.ids)) == 50
    assert all(len(bytes.fromhex(one)) == 4 for one in ring.ids)
    drawn = b"".join(key for purpose in Purpose for key in ring.subkeys(purpose)).hex()
    assert not [one for one in ring.ids if one in drawn]
    assert OLD.ids == Keyring((b"o" * 32,)).ids == (BOTH.ids[1],)


def test_a_token_is_found_by_the_digest_of_any_key_the_newest_first() -> None:
    before = Tokens(key=Subkeys(lambda: OLD, Purpose.TOKENS))
    after = Tokens(key=Subkeys(lambda: BOTH, Purpose.TOKENS))
    token = before.issue()
    assert after.digests(token) == (after.digest(token), before.digest(token))
    assert before.digests(token) == (before.digest(token),)
    assert before.digest(token) == Tokens(key=OLD.subkeys(Purpose.TOKENS)[0]).digest(token)


def test_a_process_sees_a_change_of_the_ring_at_once() -> None:
    rings = [OLD]
    tokens = Tokens(key=Subkeys(lambda: rings[-1], Purpose.TOKENS))
    running = Vault(lambda: rings[-1])
    before = tokens.digest("token")
    sealed = vault(BOTH).seal("secret", PLACE)
    rings.append(BOTH)
    assert tokens.digests("token")[1] == before
    assert running.open(sealed, PLACE) == "secret"


def test_signers_and_tokens_do_not_show_their_keys() -> None:
    subkeys = Subkeys(lambda: OLD, Purpose.LINKS)
    shown = repr((OLD, subkeys, Tokens(key=subkeys), LinkSigner(key=subkeys), vault(OLD)))
    assert "oooo" not in shown
    assert str(subkeys()[0]) not in shown
