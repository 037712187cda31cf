"""Options of deliveries: what cannot be right is refused before anything is reached, and secrets are known as such."""

import dataclasses
import json
import ssl
from collections.abc import Mapping
from typing import get_type_hints

import asyncssh
import pytest

from offtake import plugin
from offtake.core.error import InvalidRequest
from offtake.core.ports import DeliveryPlugin
from offtake.delivery._shared.given import trusting
from offtake.testing.certificates import Authority

KEY = asyncssh.generate_private_key("ssh-ed25519")
HOST_KEY = KEY.export_public_key().decode()
PRIVATE = KEY.export_private_key().decode()
ENCRYPTED = KEY.export_private_key("pkcs8-pem", passphrase="hush").decode()
ACCOUNT = json.dumps({"client_email": "a@b", "private_key": "pem", "private_key_id": "1", "gcs_base_url": "http://x"})

RIGHT: Mapping[str, Mapping[str, object]] = {
    "ftp": {"host": "ftp.example.com", "username": "acme", "password": "sesame"},
    "sftp": {"host": "sftp.example.com", "username": "acme", "password": "sesame", "host_key": HOST_KEY},
    "s3": {"bucket": "incoming", "access_key_id": "AKIA", "secret_access_key": "sesame"},
    "gcs": {"bucket": "incoming", "service_account_key": ACCOUNT},
    "azure": {"account": "acme", "container": "incoming", "account_key": "c2VzYW1l"},
}

SECRETS = {
    "ftp": {"password"},
    "sftp": {"password", "private_key", "passphrase"},
    "s3": {"secret_access_key", "session_token"},
    "gcs": {"service_account_key"},
    "azure": {"account_key", "sas_token"},
}

WRONG: list[tuple[str, str, dict[str, object]]] = [
    ("ftp", "host", {"host": ""}),
    ("ftp", "host", {"host": "ftp://ftp.example.com"}),
    ("ftp", "host", {"host": "a@b"}),
    ("ftp", "port", {"port": 0}),
    ("ftp", "port", {"port": 65536}),
    ("ftp", "username", {"username": ""}),
    ("ftp", "username", {"username": "acme\r\nDELE x"}),
    ("ftp", "password", {"password": "a\nb"}),
    ("ftp", "password", {"password": "\ud800"}),
    ("ftp", "directory", {"directory": "../up"}),
    ("ftp", "directory", {"directory": "a\0b"}),
    ("ftp", "timeout_seconds", {"timeout_seconds": 0}),
    ("ftp", "timeout_seconds", {"timeout_seconds": float("nan")}),
    ("ftp", "tls", {"tls": "implicit"}),
    ("ftp", "certificate", {"certificate": "not PEM"}),
    ("ftp", "certificate", {"tls": "none", "certificate": "x"}),
    ("sftp", "host_key", {"host_key": ""}),
    ("sftp", "host_key", {"host_key": "# only a comment"}),
    ("sftp", "host_key", {"host_key": "MD5:00:11"}),
    ("sftp", "host_key", {"host_key": "SHA256:short"}),
    ("sftp", "host_key", {"host_key": "ssh-ed25519 AAAAnothing"}),
    ("sftp", "password", {"password": None}),
    ("sftp", "password", {"private_key": PRIVATE}),
    ("sftp", "passphrase", {"passphrase": "hush"}),
    ("sftp", "passphrase", {"password": None, "private_key": ENCRYPTED, "passphrase": "wrong"}),
    ("sftp", "private_key", {"password": None, "private_key": ENCRYPTED}),
    ("sftp", "private_key", {"password": None, "private_key": "not a key"}),
    ("s3", "bucket", {"bucket": "a/b"}),
    ("s3", "bucket", {"bucket": ".."}),
    ("s3", "prefix", {"prefix": "a/../b"}),
    ("s3", "prefix", {"prefix": "a//b"}),
    ("s3", "region", {"region": "eu.evil.example/"}),
    ("s3", "endpoint", {"endpoint": "s3.example.com"}),
    ("s3", "endpoint", {"endpoint": "https://user:pass@s3.example.com"}),
    ("s3", "endpoint", {"endpoint": "https://s3.example.com/path?x"}),
    ("s3", "endpoint", {"endpoint": "file:///etc"}),
    ("s3", "access_key_id", {"access_key_id": ""}),
    ("s3", "secret_access_key", {"secret_access_key": "a\r\nb"}),
    ("s3", "certificate", {"certificate": "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----"}),
    ("gcs", "service_account_key", {"service_account_key": "{"}),
    ("gcs", "service_account_key", {"service_account_key": '{"client_email": "a"}'}),
    ("gcs", "bucket", {"bucket": ""}),
    ("azure", "account", {"account": "Acme.evil"}),
    ("azure", "container", {"container": "a/b"}),
    ("azure", "sas_token", {"account_key": None}),
    ("azure", "sas_token", {"sas_token": "sv=1&sig=x"}),
    ("azure", "sas_token", {"account_key": None, "sas_token": "nothing"}),
    ("azure", "account_key", {"account_key": "not base64!"}),
]


def check(name: str, changes: Mapping[str, object]) -> None:
    found: DeliveryPlugin = plugin.load("delivery", name)
    found.check(found.options(**{**RIGHT[name], **changes}))


def test_these_are_all_the_deliveries_there_are() -> None:
    assert set(plugin.names("delivery")) >= set(RIGHT)
    assert not [name for name in plugin.names("delivery") if name.startswith("_")]


@pytest.mark.parametrize("name", RIGHT)
def test_right_options_are_right(name: str) -> None:
    check(name, {})


@pytest.mark.parametrize(
    "changes",
    [
        {"host_key": KEY.get_fingerprint()},
        {"host_key": f"# from ssh-keyscan\nsftp.example.com {HOST_KEY}\n"},
        {"password": None, "private_key": PRIVATE},
        {"password": None, "private_key": ENCRYPTED, "passphrase": "hush"},
    ],
)
def test_there_are_several_right_ways_to_name_keys(changes: Mapping[str, object]) -> None:
    check("sftp", changes)


@pytest.mark.parametrize(("name", "field", "changes"), WRONG)
def test_wrong_options_are_named_with_a_cure(name: str, field: str, changes: Mapping[str, object]) -> None:
    with pytest.raises(InvalidRequest) as caught:
        check(name, changes)
    assert caught.value.field == field
    assert caught.value.cure


def test_a_certificate_that_is_given_is_the_only_one_trusted() -> None:
    context = trusting(Authority().pem)
    assert context.cert_store_stats()["x509"] == 1
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


@pytest.mark.parametrize("name", RIGHT)
def test_every_option_is_described_and_secrets_are_marked_and_not_shown(name: str) -> None:
    options = plugin.load("delivery", name).options
    fields = {one.name: one for one in dataclasses.fields(options)}
    assert all(one.metadata["description"].endswith(".") for one in fields.values())
    assert {one for one in fields if fields[one].metadata.get("secret")} == SECRETS[name]
    assert not [one for one in SECRETS[name] if fields[one].repr]
    assert set(get_type_hints(options)) == set(fields)
