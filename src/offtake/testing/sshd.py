"""OpenSSH's server, for SFTP only, with host keys of its own.

Run by root it lets an unprivileged user in, by key and by password; run by anybody else, that one, by key.
"""

import getpass
import os
import secrets
from pathlib import Path
from typing import Final

import asyncssh

from offtake.testing.daemon import Daemon
from offtake.testing.pam import pam_service
from offtake.testing.parts import needed

SETTINGS: Final = """ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
StrictModes no
AllowUsers {user}
UsePAM {pam}
PasswordAuthentication {pam}
KbdInteractiveAuthentication no
LogLevel DEBUG1
Subsystem sftp internal-sftp
ForceCommand internal-sftp -d {root}
"""

PRIVILEGES: Final = Path("/run/sshd")
"""The empty folder without which the server does not start for root."""


class Sshd(Daemon):
    """The server. `host_key` is its public key, `private_key` and `password` (root only) let `user` in."""

    def __init__(self) -> None:
        super().__init__("sshd")
        self.user = self.servant or getpass.getuser()
        self.password = secrets.token_hex(12) if self.servant else None
        own = asyncssh.generate_private_key("ssh-ed25519")
        theirs = asyncssh.generate_private_key("ssh-ed25519")
        own.write_private_key(self.folder / "host_key")
        (self.folder / "host_key").chmod(0o600)
        theirs.write_public_key(self.folder / "authorized_keys")
        self.host_key = own.export_public_key().decode().strip()
        self.fingerprint = own.get_fingerprint()
        self.private_key = theirs.export_private_key().decode()

    def start(self) -> None:
        """Start sshd. Its PAM service is called as the program is: it runs under a name of its own."""
        program = needed("sshd")
        if self.password is not None:
            PRIVILEGES.mkdir(mode=0o755, exist_ok=True)
            own = self.folder / pam_service(self, {self.user: self.password})
            own.symlink_to(program)
            program = own
        settings = self.folder / "sshd_config"
        pam = "no" if self.password is None else "yes"
        settings.write_text(
            SETTINGS.format(port=self.port, folder=self.folder, root=self.root, user=self.user, pam=pam)
        )
        self.run([os.fspath(program), "-D", "-e", "-f", os.fspath(settings)])

    def logins_tried(self) -> bool:
        """Whether any client has gone as far as to ask for a login."""
        return "userauth-request" in self.log.read_text(errors="replace")
