"""Time zones as operators name them."""

from zoneinfo import ZoneInfo

from offtake.core.error import InvalidRequest


def check_zone(name: str, field: str) -> None:
    """Raise InvalidRequest, naming the setting, for a zone that there is not."""
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise InvalidRequest(
            f"There is no zone '{name}'.", field=field, cure="Give an IANA name, such as Europe/Vienna."
        ) from None
