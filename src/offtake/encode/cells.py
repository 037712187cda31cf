"""The canonical text of a value that a database holds without minding its type.

Each function takes a value as SQLite holds it (None, int, float, str, bytes) and returns its canonical text, or None
for None. A value that is none of the type's raises `NotOfType`: nothing is cut, guessed or bent. The usual form of a
type is told by its shape and is quick; a day in the usual shape is not looked for in the calendar.
"""

import base64
import math
import re
import uuid
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final

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

MAX_POWER: Final = 20_000
"""Decimals of more digits than this are not taken for numbers."""

USUAL_DECIMAL: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
USUAL_UUID: Final = re.compile("-".join(f"[0-9a-f]{{{length}}}" for length in (8, 4, 4, 4, 12)))
WHOLE: Final = re.compile(r"\s*[-+]?[0-9]+\s*")
NUMBER: Final = re.compile(r"\s*[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,5})?\s*")


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
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        if USUAL_DECIMAL.fullmatch(value):
            return value
        if named := NAMED.get(value.strip().lower()):
            return named
    return format(read_decimal(value), "f")


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


def write_uuid(value: Held) -> str | None:
    """A UUID, held as text or as its 16 bytes."""
    try:
        if isinstance(value, str):
            return value if USUAL_UUID.fullmatch(value) else str(uuid.UUID(value))
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
    number = read_decimal(value)
    if not number:
        return "1"
    exponent = 50_000 + number.adjusted()
    digits = "".join(map(str, number.as_tuple().digits)).rstrip("0")
    if number > 0:
        return f"2{exponent:06d}{digits}"
    return f"0{999_999 - exponent:06d}{digits.translate(_COMPLEMENT)}~"


def read_decimal(value: Held) -> Decimal:
    """The number of a decimal in any spelling; raises NotOfType."""
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


_COMPLEMENT: Final = str.maketrans("0123456789", "9876543210")
