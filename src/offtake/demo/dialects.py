"""The demo's settings of dialects: what its accounts are told of themselves."""

from typing import Final

from offtake.demo import emarsys, mypreferences
from offtake.demo.configuration import Plain
from offtake.demo.hotel.bookings import HOTELS

ACCOUNTS: Final = ("costa", "alpine")


def settings() -> dict[str, Plain]:
    """The section `dialects`."""
    return {
        "mews": {"chains": _chains()},
        "emarsys": {"accounts": {name: _marketing(name) for name in ACCOUNTS}},
        "mypreferences": {"accounts": {name: _preferences(name) for name in ACCOUNTS}},
    }


def _chains() -> Plain:
    chains: dict[str, list[Plain]] = {}
    for hotel in HOTELS:
        chains.setdefault(hotel.chain_id, []).append(hotel.id)
    return {chain: list(hotels) for chain, hotels in chains.items()}


def _preferences(account: str) -> Plain:
    kinds: dict[str, Plain] = {name: list(types) for name, types in mypreferences.match_types(account).items()}
    return {
        "segment_groups": list(mypreferences.segment_groups(account)),
        "segments": list(mypreferences.segments(account)),
        "schedules": {"Customers": "customers", "Bookings": "reservations"},
        "match_types": kinds,
    }


def _marketing(account: str) -> Plain:
    profile = emarsys.profile(account)
    lists: dict[str, Plain] = {
        str(number): {"name": one.name, "created": one.created, "count": one.count}
        for number, one in emarsys.contact_lists(account).items()
    }
    return {
        "name": profile.name,
        "zone": profile.zone,
        "language": profile.language,
        "country": profile.country,
        "forms": {str(number): str(kind) for number, kind in emarsys.forms(account).items()},
        "sources": {str(number): name for number, name in emarsys.sources(account).items()},
        "contact_lists": lists,
        "segments": {str(number): one.name for number, one in emarsys.segments(account).items()},
    }
