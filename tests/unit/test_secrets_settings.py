"""The settings that say where the master keys are, put to work."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from offtake.app import wiring
from offtake.core.error import ExportError
from offtake.secrets import keyring
from offtake.secrets.keyfile import rotate
from offtake.secrets.keyring import Purpose
from offtake.secrets.tokens import Tokens
from offtake.service.house import House

FILE, NEWER, OLDER = (keyring.generate() for _ in range(3))


@contextmanager
def house(folder: Path, secrets: str, environ: Mapping[str, str] | None = None) -> Iterator[House]:
    """What a configuration in this folder is put together to; its key file holds a key already."""
    (folder / "secret.key").write_text(FILE)
    path = folder / "offtake.yaml"
    path.write_text(f"store: {{url: 'sqlite:///c.db'}}\nsecrets: {{key_file: secret.key{secrets}}}\n")
    wired = wiring.wire(wiring.configuration(path, environ or {}).settings)
    try:
        yield wired.house
    finally:
        wired.close()


def digests(*written: str) -> tuple[bytes, ...]:
    """Those of a token under these master keys."""
    return tuple(
        Tokens(key=key).digest("token") for key in keyring.from_text(",".join(written)).subkeys(Purpose.TOKENS)
    )


@pytest.mark.parametrize(
    ("secrets", "environ", "keys"),
    [
        ("", {}, [FILE]),
        (f", key: {NEWER}", {}, [NEWER]),
        ("", {"OFFTAKE_SECRETS_KEY": f"{NEWER}, {OLDER}"}, [NEWER, OLDER]),
        (f", key_command: [printf, '%s\\n', {NEWER}, {OLDER}]", {}, [NEWER, OLDER]),
        ("", {"OFFTAKE_SECRETS_KEY_COMMAND": f"printf,{NEWER}"}, [NEWER]),
        (", key_command: [no-such-command]", {"OFFTAKE_SECRETS_KEY": OLDER}, [OLDER]),
    ],
    ids=["file", "key", "environment", "command", "command in the environment", "key before command"],
)
def test_keys_come_from_where_the_settings_say(
    tmp_path: Path, secrets: str, environ: dict[str, str], keys: list[str]
) -> None:
    with house(tmp_path, secrets, environ) as made:
        assert made.tokens.digests("token") == digests(*keys)


def test_a_server_that_runs_takes_up_a_new_key_and_keeps_what_was_made_before(tmp_path: Path) -> None:
    with house(tmp_path, "") as made:
        before = made.tokens.digest("token")
        sealed = made.vault.seal("secret", "endpoint/1")
        rotate(tmp_path / "secret.key")
        assert made.tokens.digests("token")[1:] == (before,)
        assert not made.vault.current(sealed)
        assert made.vault.open(made.vault.reseal(sealed), "endpoint/1") == "secret"


@pytest.mark.parametrize("command", ["[no-such-command]", "[printf, canary]", "['false']"])
def test_a_command_that_gives_no_key_stops_the_start(tmp_path: Path, command: str) -> None:
    with pytest.raises(ExportError) as refused, house(tmp_path, f", key_command: {command}"):
        pass
    assert refused.value.field == "secrets.key_command"
    assert "canary" not in str(refused.value)
