"""Amazon S3, and every store that speaks its language."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from offtake.core.error import InvalidRequest
from offtake.core.ports import Delivery, Egress
from offtake.delivery._shared import given
from offtake.delivery._shared.objects import CERTIFICATE, PREFIX, REQUEST, check_place, check_url, session

if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore, RetryConfig, S3Credential


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Options:
    """A bucket, and the key that may write to it."""

    bucket: str = field(metadata={"description": "The bucket's name."})
    prefix: str = field(default="", metadata=PREFIX)
    region: str = field(default="us-east-1", metadata={"description": "The region of the bucket."})
    endpoint: str | None = field(
        default=None,
        metadata={
            "description": "The address of a store that is not Amazon's, such as `https://s3.example.com`; the "
            "region's own if unset."
        },
    )
    path_style: bool = field(
        default=True,
        metadata={"description": "Whether the bucket stands in the path of an address; else in the host's name."},
    )
    access_key_id: str = field(metadata={"description": "The key's id."})
    secret_access_key: str = field(repr=False, metadata=given.secret("The secret part of the key."))
    session_token: str | None = field(
        default=None, repr=False, metadata=given.secret("The token that belongs to a temporary key.")
    )
    certificate: str | None = field(default=None, metadata=CERTIFICATE)
    timeout_seconds: float = field(default=given.SECONDS, metadata=REQUEST)


class S3Plugin:
    """The port `DeliveryPlugin`."""

    options: type = S3Options

    def check(self, options: object) -> None:
        """Look at bucket, address and key."""
        assert isinstance(options, S3Options)
        check_place("bucket", options.bucket, options.prefix)
        if options.endpoint is not None:
            check_url("endpoint", options.endpoint)
        if not options.region.replace("-", "").isalnum() or not options.region.isascii():
            raise InvalidRequest("This is no region.", field="region", cure="Write it like eu-central-1.")
        for name in ("access_key_id", "secret_access_key"):
            given.required(name, getattr(options, name))
        for name in ("access_key_id", "secret_access_key", "session_token"):
            given.check_line(name, getattr(options, name))
        if options.certificate is not None:
            given.trusting(options.certificate)
        given.check_seconds(options.timeout_seconds)

    def open(self, options: object, egress: Egress) -> AbstractAsyncContextManager[Delivery]:
        """Make everything ready; the first request logs in."""
        assert isinstance(options, S3Options)

        def credential() -> "S3Credential":
            return {
                "access_key_id": options.access_key_id,
                "secret_access_key": options.secret_access_key,
                "token": options.session_token,
                "expires_at": None,
            }

        def build(client: "ClientConfig", retries: "RetryConfig") -> "ObjectStore":
            from obstore.store import S3Store

            return S3Store(
                options.bucket,
                region=options.region,
                endpoint=url,
                aws_endpoint_url_s3=url,
                virtual_hosted_style_request=not options.path_style,
                credential_provider=credential,
                skip_signature=False,
                unsigned_payload=False,
                s3_express=False,
                request_payer=False,
                disable_bulk_delete=True,
                client_options=client,
                retry_config=retries,
            )

        url = _url(options)
        return session(options, url, egress, build)


DELIVERY: Final = S3Plugin()


def _url(options: S3Options) -> str:
    """The address of the store; the bucket stands in it unless it stands in the path."""
    url = (options.endpoint or f"https://s3.{options.region}.amazonaws.com").rstrip("/")
    if options.path_style:
        return url
    parts = urlsplit(url)
    return f"{parts.scheme}://{options.bucket}.{parts.netloc}"
