"""Google Cloud Storage, by a service account's key."""

import json
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from offtake.core.error import InvalidRequest
from offtake.core.ports import Delivery, Egress
from offtake.delivery._shared import given
from offtake.delivery._shared.objects import CERTIFICATE, PREFIX, REQUEST, check_place, check_url, session

if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

URL: Final = "https://storage.googleapis.com"
NEEDED: Final = ("client_email", "private_key", "private_key_id")
"""Members of a key's JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GcsOptions:
    """A bucket, and the service account that may write to it."""

    bucket: str = field(metadata={"description": "The bucket's name."})
    prefix: str = field(default="", metadata=PREFIX)
    service_account_key: str = field(
        repr=False, metadata=given.secret("The service account's key: the JSON document that Google gives.")
    )
    endpoint: str | None = field(
        default=None, metadata={"description": "The address of a server that stands in for Google's."}
    )
    certificate: str | None = field(default=None, metadata=CERTIFICATE)
    timeout_seconds: float = field(default=given.SECONDS, metadata=REQUEST)


class GcsPlugin:
    """The port `DeliveryPlugin`."""

    options: type = GcsOptions

    def check(self, options: object) -> None:
        """Look at bucket and key."""
        assert isinstance(options, GcsOptions)
        check_place("bucket", options.bucket, options.prefix)
        if options.endpoint is not None:
            check_url("endpoint", options.endpoint)
        if options.certificate is not None:
            given.trusting(options.certificate)
        given.check_seconds(options.timeout_seconds)
        _document(options)

    def open(self, options: object, egress: Egress) -> AbstractAsyncContextManager[Delivery]:
        """Make everything ready; the first request logs in."""
        assert isinstance(options, GcsOptions)
        url = options.endpoint or URL

        def build(client: "ClientConfig", retries: "RetryConfig") -> "ObjectStore":
            from obstore.store import GCSStore

            return GCSStore(
                options.bucket,
                service_account_key=_document(options),
                base_url=url,
                skip_signature=False,
                client_options=client,
                retry_config=retries,
            )

        return session(options, url, egress, build)


DELIVERY: Final = GcsPlugin()


def _document(options: GcsOptions) -> str:
    """The key, with nothing in it but what names and proves the account; InvalidRequest."""
    try:
        found = json.loads(options.service_account_key)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(found.get(name), str) and found[name] for name in NEEDED):
        raise InvalidRequest(
            "This is no key of a service account.",
            field="service_account_key",
            cure="Give the whole JSON document that Google gave when the key was made.",
        )
    return json.dumps({"type": "service_account", **{name: found[name] for name in NEEDED}})
