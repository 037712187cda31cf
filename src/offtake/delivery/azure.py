"""Azure Blob Storage, by an account's key or a shared access signature."""

import base64
import re
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

from offtake.core.error import InvalidRequest
from offtake.core.ports import Delivery, Egress
from offtake.delivery._shared import given
from offtake.delivery._shared.objects import CERTIFICATE, PREFIX, REQUEST, check_place, check_url, session

if TYPE_CHECKING:
    from obstore.store import AzureAccessKey, AzureSASToken, ClientConfig, ObjectStore, RetryConfig

ACCOUNT: Final = re.compile(r"[a-z0-9]{3,24}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureOptions:
    """A container, and what lets files be written to it."""

    account: str = field(metadata={"description": "The storage account's name."})
    container: str = field(metadata={"description": "The container's name."})
    prefix: str = field(default="", metadata=PREFIX)
    account_key: str | None = field(
        default=None, repr=False, metadata=given.secret("The account's key; either this or `sas_token`.")
    )
    sas_token: str | None = field(
        default=None,
        repr=False,
        metadata=given.secret("A shared access signature that may create, write, read and delete."),
    )
    endpoint: str | None = field(
        default=None,
        metadata={"description": "The address of the account, if it is not https://<account>.blob.core.windows.net."},
    )
    certificate: str | None = field(default=None, metadata=CERTIFICATE)
    timeout_seconds: float = field(default=given.SECONDS, metadata=REQUEST)


class AzurePlugin:
    """The port `DeliveryPlugin`."""

    options: type = AzureOptions

    def check(self, options: object) -> None:
        """Look at account and container, and that there is one way to log in."""
        assert isinstance(options, AzureOptions)
        if not ACCOUNT.fullmatch(options.account):
            raise InvalidRequest(
                "This is no storage account's name.", field="account", cure="It has 3 to 24 small letters and digits."
            )
        check_place("container", options.container, options.prefix)
        if options.endpoint is not None:
            check_url("endpoint", options.endpoint)
        if bool(options.account_key) == bool(options.sas_token):
            raise InvalidRequest(
                "There must be one way to log in.", field="sas_token", cure="Give either 'account_key' or 'sas_token'."
            )
        _check_secrets(options)
        if options.certificate is not None:
            given.trusting(options.certificate)
        given.check_seconds(options.timeout_seconds)

    def open(self, options: object, egress: Egress) -> AbstractAsyncContextManager[Delivery]:
        """Make everything ready; the first request logs in."""
        assert isinstance(options, AzureOptions)
        url = options.endpoint or f"https://{options.account}.blob.core.windows.net"

        def credential() -> "AzureAccessKey | AzureSASToken":
            if options.account_key:
                return {"access_key": options.account_key, "expires_at": None}
            return {"sas_token": (options.sas_token or "").removeprefix("?"), "expires_at": None}

        def build(client: "ClientConfig", retries: "RetryConfig") -> "ObjectStore":
            from obstore.store import AzureStore

            return AzureStore(
                options.container,
                account_name=options.account,
                endpoint=url.rstrip("/"),
                use_emulator=False,
                use_fabric_endpoint=False,
                skip_signature=False,
                credential_provider=credential,
                client_options=client,
                retry_config=retries,
            )

        return session(options, url, egress, build)


DELIVERY: Final = AzurePlugin()


def _check_secrets(options: AzureOptions) -> None:
    if options.account_key:
        try:
            base64.b64decode(options.account_key, validate=True)
        except ValueError:
            raise InvalidRequest(
                "This is no account key.", field="account_key", cure="Copy it whole: it is base64."
            ) from None
    elif "sig" not in parse_qs((options.sas_token or "").removeprefix("?")):
        raise InvalidRequest(
            "This is no shared access signature.", field="sas_token", cure="Copy it whole, from 'sv=' or 'sp=' on."
        )
