"""Users with passwords for servers that ask PAM, without a new user of the system."""

import secrets
import subprocess
from collections.abc import Mapping
from pathlib import Path

from offtake.testing.daemon import Daemon
from offtake.testing.parts import needed


def pam_service(server: Daemon, users: Mapping[str, str]) -> str:
    """The name of a new PAM service that lets these users in; it goes with the server. Root is needed."""
    database = server.folder / "users.db"
    lines = "".join(f"{name}\n{password}\n" for name, password in users.items())
    subprocess.run([needed("db_load"), "-T", "-t", "hash", database], input=lines.encode(), check=True)
    database.chmod(0o600)
    service = f"offtake-{secrets.token_hex(6)}"
    settings = Path("/etc/pam.d", service)
    settings.write_text(
        f"auth required pam_userdb.so db={database.with_suffix('')} crypt=none\n"
        "account required pam_permit.so\n"
        "session required pam_permit.so\n"
    )
    server.closing.callback(settings.unlink, missing_ok=True)
    return service
