"""By what keys an SSH server is known."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from offtake.core.error import InvalidRequest

if TYPE_CHECKING:
    from asyncssh import SSHClient, SSHKey

ALGORITHMS: Final = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ecdsa-sha2-nistp256": ("ecdsa-sha2-nistp256",),
    "ecdsa-sha2-nistp384": ("ecdsa-sha2-nistp384",),
    "ecdsa-sha2-nistp521": ("ecdsa-sha2-nistp521",),
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256"),
}
"""Types of keys, and the signatures to ask of a server that has one."""

FINGERPRINT: Final = re.compile(r"SHA256:([A-Za-z0-9+/]{43})=?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """The fingerprints (`SHA256:...`) that are accepted, and the signatures that a server is asked for."""

    fingerprints: frozenset[str]
    algorithms: Sequence[str]

    @classmethod
    def read(cls, text: str) -> Self:
        """Read lines of public keys, as in `known_hosts` or without the hosts, and of fingerprints; InvalidRequest."""
        lines = [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
        if not lines:
            raise _unreadable()
        prints: set[str] = set()
        kinds: set[str] = set()
        for line in lines:
            if found := FINGERPRINT.fullmatch(line):
                prints.add(f"SHA256:{found[1]}")
                kinds.update(ALGORITHMS)  # a fingerprint does not tell of what type its key is
            else:
                key = _key(line)
                prints.add(key.get_fingerprint())
                kinds.add(key.get_algorithm())
        asked = [one for kind, signatures in ALGORITHMS.items() if kind in kinds for one in signatures]
        return cls(fingerprints=frozenset(prints), algorithms=asked)

    def watch(self) -> "tuple[SSHClient, list[str]]":
        """A client that accepts only these keys, and the fingerprints that it will have been shown."""
        from asyncssh import SSHClient

        accepted, shown = self.fingerprints, list[str]()

        class Watch(SSHClient):
            def validate_host_public_key(self, host: str, addr: str, port: int, key: "SSHKey") -> bool:
                shown.append(key.get_fingerprint())
                return shown[-1] in accepted

        return Watch(), shown


def _key(line: str) -> "SSHKey":
    import asyncssh

    words = line.split()
    at = next((place for place, word in enumerate(words[:3]) if word in ALGORITHMS), None)
    if at is None:
        raise _unreadable()
    try:
        return asyncssh.import_public_key(" ".join(words[at : at + 2]))
    except asyncssh.KeyImportError:
        raise _unreadable() from None


def _unreadable() -> InvalidRequest:
    return InvalidRequest(
        "This is not the public key of an SSH server.",
        field="host_key",
        cure="Give lines such as 'ssh-ed25519 AAAA...' (from ssh-keyscan) or fingerprints such as 'SHA256:...'.",
    )
