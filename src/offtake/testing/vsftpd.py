"""vsftpd with its default security: users of its own, TLS with session reuse, its sandbox on. Root is needed.

The users are virtual: their passwords lie in a database that a PAM service of our own reads, and on disk they all act
as one unprivileged user of the system. The service's file is the one thing outside of the server's folder; it goes
with the server.
"""

import secrets
from collections.abc import Mapping
from typing import Final, Literal

from offtake.testing.daemon import Daemon, certificate
from offtake.testing.pam import pam_service
from offtake.testing.parts import needed

USER: Final = "acme"

Tls = Literal["none", "TLSv1.2", "TLSv1.3"]

SETTINGS: Final = {
    "listen": "YES",
    "listen_address": "127.0.0.1",
    "background": "NO",
    "anonymous_enable": "NO",
    "local_enable": "YES",
    "write_enable": "YES",
    "guest_enable": "YES",
    "virtual_use_local_privs": "YES",
    "log_ftp_protocol": "YES",
    "xferlog_enable": "YES",
    "delay_failed_login": "0",
}

OPENSSL: Final = """openssl_conf = all
[all]
ssl_conf = tls
[tls]
system_default = limits
[limits]
MinProtocol = {version}
MaxProtocol = {version}
"""
"""vsftpd has no setting for a single version of TLS; its library has."""


class Vsftpd(Daemon):
    """The server; a login begins in `root`, `password` is that of `USER`."""

    def __init__(self, tls: Tls) -> None:
        super().__init__("vsftpd")
        self.tls = tls
        self.password = secrets.token_hex(12)
        self.certificate, self._key = certificate(self.folder)

    def start(self) -> None:
        """Start vsftpd."""
        service = pam_service(self, {USER: self.password})
        settings = self.folder / "vsftpd.conf"
        settings.write_text("".join(f"{name}={value}\n" for name, value in self._settings(service).items()))
        limits = self.folder / "openssl.cnf"
        limits.write_text(OPENSSL.format(version=self.tls))
        environ = {} if self.tls == "none" else {"OPENSSL_CONF": str(limits)}
        self.run([str(needed("vsftpd")), str(settings)], environ=environ)

    def _settings(self, service: str) -> Mapping[str, object]:
        settings = {
            **SETTINGS,
            "listen_port": self.port,
            "guest_username": self.servant,
            "local_root": self.root,
            "pam_service_name": service,
            "secure_chroot_dir": self.make("empty"),
            "vsftpd_log_file": self.folder / "protocol",
        }
        if self.tls == "none":
            return settings
        return {**settings, "ssl_enable": "YES", "rsa_cert_file": self.certificate, "rsa_private_key_file": self._key}
