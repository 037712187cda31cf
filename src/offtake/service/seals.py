"""Every sealed secret put under the newest master key."""

from typing import Final

from offtake.service.house import House

BATCH: Final = 200


def reseal(house: House) -> int:
    """Seal whatever was sealed under an older master key under the newest, and return how many that were.

    It may be broken off and begun again at any time; secrets that are set meanwhile are under the newest key already.
    """
    count = 0
    after: str | None = None
    while True:
        with house.control.reading() as tx:
            found = tx.seals.every(after, BATCH)
        for reference, sealed in found:
            if not house.vault.current(sealed):
                count += _reseal(house, reference, sealed)
        if len(found) < BATCH:
            return count
        after = found[-1][0]


def _reseal(house: House, reference: str, sealed: bytes) -> bool:
    with house.control.transaction() as tx:
        return tx.seals.replace(reference, sealed, house.vault.reseal(sealed))
