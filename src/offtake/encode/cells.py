"""Cells written one by one, for values that a database cannot write in canonical form itself.

Each function of `FUNCTIONS` takes a value as SQLite holds it (None, int, float, str, bytes) and returns its canonical
text, or None for None. A value that is none of the type's raises `NotOfType`: nothing is cut, guessed or bent.
"""

import base64
import json
import math
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from offtake.encode import clock

Held = int | float | str | bytes | None
"""A value as the database holds it."""

NAMED: Final[Mapping[str, str]] = {
    "nan": "NaN",
    "infinity": "Infinity",
    "inf": "Infinity",
    "-infinity": "-Infinity",
    "-inf": "-Infinity",
}
EXACT_INTEGERS: Final = 2.0**53
"""Above this, and only there, a short decimal can lie exactly between two floats."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SINCE_EPOCH: Final = 946_684_800
"""Seconds from 1970 to 2000, from where PostgreSQL counts."""

MAX_POWER: Final = 20_000
"""Decimals of more digits than this are not taken for numbers."""

WHOLE: Final = re.compile(r"\s*[-+]?[0-9]+\s*")
NUMBER: Final = re.compile(r"\s*[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,5})?\s*")
KEPT: Final = re.compile(r"-?infinity|\d{4,}-\d\d-\d\d( \d\d:\d\d:\d\d(\.\d{1,6})?(\+00)?)? BC|\d{5,}-\d\d-\d\d.*")
"""Dates that no calendar of ours holds: they are passed on as PostgreSQL writes them."""


class NotOfType(ValueError):
    """A value that the type it was declared to be does not have; `kind` names the type."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"a value is not of the type {kind}")
        self.kind = kind


def write_text(value: Held) -> str | None:
    """Numbers become their usual text; bytes are no text."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        raise NotOfType("text")
    return str(value) if isinstance(value, int) else write_float(value)


def write_integer(value: Held) -> str | None:
    """An integer, also one held as text or as a float without a fraction."""
    if value is None:
        return None
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return str(int(value))
    if isinstance(value, str) and WHOLE.fullmatch(value):
        return str(int(value))
    raise NotOfType("integer")


def write_float(value: Held) -> str | None:
    """The shortest decimal that reads back as the same float, spelled as PostgreSQL does: `0.1`, `1`, `1e+20`, `-0`.

    Like there, a decimal halfway between two floats is no text for either, though rounding would read it right.
    """
    if value is None:
        return None
    if isinstance(value, bytes) or (isinstance(value, str) and not NUMBER.fullmatch(value)):
        named = NAMED.get(value.strip().lower()) if isinstance(value, str) else None
        if named is None:
            raise NotOfType("float")
        return named
    try:
        number = float(value)
    except OverflowError:
        return str(value)
    if isinstance(value, int) and number != value:
        return str(value)
    if not math.isfinite(number):
        return NAMED[repr(number)]
    if number == 0 or 1e-4 <= abs(number) < 1e15:
        return repr(number).removesuffix(".0")
    digits, exponent = _shortest(number)
    sign = "-" if math.copysign(1.0, number) < 0 else ""
    return sign + _spelled(digits, exponent)


def write_decimal(value: Held) -> str | None:
    """A decimal with the digits that it has, without exponent."""
    if value is None:
        return None
    if isinstance(value, str) and (named := NAMED.get(value.strip().lower())):
        return named
    return format(_decimal(value), "f")


def write_scaled(value: Held, scale: int) -> str | None:
    """A decimal held as an integer, multiplied by 10 ** scale."""
    whole = write_integer(value)
    if whole is None:
        return None
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    digits = digits.rjust(scale + 1, "0")
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}" if scale else whole


def write_boolean(value: Held) -> str | None:
    """True and false, as words or as 1 and 0."""
    if value is None:
        return None
    word = str(value).lower()
    if word in ("1", "t", "true", "1.0"):
        return "true"
    if word in ("0", "f", "false", "0.0"):
        return "false"
    raise NotOfType("boolean")


def write_date(value: Held) -> str | None:
    """A date; of a date with a time, the date."""
    if value is None:
        return None
    if isinstance(value, str) and KEPT.fullmatch(value):
        return value
    try:
        return _moment(value).date().isoformat()
    except ValueError:
        raise NotOfType("date") from None


def write_time(value: Held, precision: int) -> str | None:
    """A time of day."""
    if value is None:
        return None
    if isinstance(value, str):
        if value in ("24:00", "24:00:00"):
            return _cut("24:00:00.000000", precision)
        try:
            parsed = time.fromisoformat(value)
        except ValueError:
            raise NotOfType("time") from None
        if parsed.tzinfo is None and "\0" not in value:
            return _cut(parsed.isoformat("microseconds"), precision)
    raise NotOfType("time")


def write_moment(value: Held, stored: str, precision: int, zone: str) -> str | None:
    """An instant, held as text or as a number since 1970 (`stored`), followed by `zone`."""
    if value is None:
        return None
    if isinstance(value, str) and stored == "native" and KEPT.fullmatch(value):
        return value
    try:
        moment = _moment(value) if stored == "native" else _since_epoch(value, stored)
    except (ValueError, OverflowError):
        raise NotOfType("timestamp") from None
    return _cut(moment.isoformat(timespec="microseconds").removesuffix("+00:00"), precision) + zone


def write_spaced(value: Held, stored: str, precision: int, zone: str) -> str | None:
    """An instant with a space in its middle and no zone behind it: as it is, or by the clocks of a `zone` with a name.

    Unlike `write_moment`, unusual years are moved and spelled by us.
    """
    if value is None or (value in ("infinity", "-infinity") and stored == "native"):
        return value
    try:
        if isinstance(value, str) and stored == "native" and KEPT.fullmatch(value):
            instant = clock.read(value)
        else:
            instant = clock.since_epoch(_moment(value) if stored == "native" else _since_epoch(value, stored))
    except (ValueError, OverflowError):
        raise NotOfType("timestamp") from None
    return clock.write(clock.local(instant, zone) if zone else instant, precision)


def write_uuid(value: Held) -> str | None:
    """A UUID, held as text or as its 16 bytes."""
    try:
        if isinstance(value, str):
            return str(uuid.UUID(value))
        if isinstance(value, bytes):
            return str(uuid.UUID(bytes=value))
    except ValueError:
        raise NotOfType("uuid") from None
    if value is None:
        return None
    raise NotOfType("uuid")


def write_json(value: Held) -> str | None:
    """A JSON number that the database holds as a number; texts that are JSON never come here."""
    if value is None:
        return None
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return write_float(value)
    raise NotOfType("json")


def write_bytes(value: Held) -> str | None:
    """Standard base64 without line breaks; of a text, of its UTF-8."""
    if value is None:
        return None
    if isinstance(value, int | float):
        raise NotOfType("bytes")
    return base64.b64encode(value.encode() if isinstance(value, str) else value).decode("ascii")


def order_of(value: Held) -> str | None:
    """A text for a decimal, such that texts are ordered as their decimals are; equal ones have equal texts."""
    if value is None:
        return None
    named = NAMED.get(value.strip().lower()) if isinstance(value, str) else None
    if named:
        return {"-Infinity": "!", "Infinity": "~", "NaN": "~~"}[named]
    number = _decimal(value)
    if not number:
        return "1"
    exponent = 50_000 + number.adjusted()
    digits = "".join(map(str, number.as_tuple().digits)).rstrip("0")
    if number > 0:
        return f"2{exponent:06d}{digits}"
    return f"0{999_999 - exponent:06d}{digits.translate(_COMPLEMENT)}~"


def _decimal(value: Held) -> Decimal:
    text = value if isinstance(value, str) else repr(value)
    if NUMBER.fullmatch(text) and abs((number := Decimal(text)).adjusted()) < MAX_POWER:
        return number
    raise NotOfType("decimal")


def _shortest(number: float) -> tuple[str, int]:
    """The significant digits of a float and the power of ten of the first."""
    mantissa, _, exponent = f"{Decimal(repr(abs(number))):e}".partition("e")
    digits, power = mantissa.replace(".", ""), int(exponent)
    digits = digits.rstrip("0") or "0"
    if abs(number) >= EXACT_INTEGERS and _halfway(digits, power, abs(number)):
        for length in range(len(digits), 18):
            mantissa, _, exponent = f"{abs(number):.{length - 1}e}".partition("e")
            digits, power = mantissa.replace(".", ""), int(exponent)
            if float(f"{mantissa}e{exponent}") == abs(number) and not _halfway(digits, power, abs(number)):
                break
    return digits.rstrip("0") or "0", power if number else 0


def _halfway(digits: str, power: int, number: float) -> bool:
    exact = Fraction(int(digits)) * Fraction(10) ** (power - len(digits) + 1)
    neighbour = math.nextafter(number, math.inf if exact > number else 0.0)
    return math.isfinite(neighbour) and exact == (Fraction(number) + Fraction(neighbour)) / 2


def _spelled(digits: str, power: int) -> str:
    if not -4 <= power < 15:
        fraction = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{digits[0]}{fraction}e{'-' if power < 0 else '+'}{abs(power):02d}"
    if power < 0:
        return "0." + "0" * (-power - 1) + digits
    whole = digits[: power + 1].ljust(power + 1, "0")
    fraction = digits[power + 1 :]
    return f"{whole}.{fraction}" if fraction else whole


def _moment(value: Held) -> datetime:
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d(?:[T ]|$)", value) or "\0" in value:
        raise ValueError
    parsed = datetime.fromisoformat(value)
    return parsed if parsed.tzinfo is None else parsed.astimezone(UTC)


def _since_epoch(value: Held, stored: str) -> datetime:
    """The instant, rounded to microseconds by the same float arithmetic that PostgreSQL does."""
    if isinstance(value, str):
        value = int(value) if WHOLE.fullmatch(value) else float(_decimal(value))
    if isinstance(value, bytes) or value is None:
        raise ValueError
    if stored == "unix_ms":
        return EPOCH + timedelta(microseconds=round(Fraction(value) * 1000))
    if isinstance(value, int):
        return EPOCH + timedelta(seconds=value)
    return EPOCH + timedelta(seconds=SINCE_EPOCH, microseconds=round((value - SINCE_EPOCH) * 1_000_000.0))


def _cut(text: str, precision: int) -> str:
    """A text with six digits of a second, cut to `precision` of them."""
    return text[: len(text) - 6 + precision] if precision else text[:-7]


def _json_word(text: str | None) -> str | None:
    return json.dumps(text) if text in ("NaN", "Infinity", "-Infinity") else text


_COMPLEMENT: Final = str.maketrans("0123456789", "9876543210")

FUNCTIONS: Final[Mapping[str, tuple[int, Callable[..., str | None]]]] = {
    "offtake_text": (1, write_text),
    "offtake_integer": (1, write_integer),
    "offtake_float": (1, write_float),
    "offtake_json_float": (1, lambda value: _json_word(write_float(value))),
    "offtake_decimal": (1, write_decimal),
    "offtake_json_decimal": (1, lambda value: _json_word(write_decimal(value))),
    "offtake_scaled": (2, write_scaled),
    "offtake_boolean": (1, write_boolean),
    "offtake_date": (1, write_date),
    "offtake_time": (2, write_time),
    "offtake_moment": (4, write_moment),
    "offtake_spaced": (4, write_spaced),
    "offtake_uuid": (1, write_uuid),
    "offtake_json": (1, write_json),
    "offtake_base64": (1, write_bytes),
    "offtake_order": (1, order_of),
}
"""What the SELECTs of `offtake.sql` call: the name, how many arguments, the function. All are deterministic."""
