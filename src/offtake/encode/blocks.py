"""Blocks of values that all have the usual form of their type, written at once.

A writer takes values of one Python type, at least one, and returns their canonical texts in order, or None if one of
them is in another form. `offtake.encode.cells` and `offtake.encode.moments` write values one by one and have the last
word: what is written here is the same, only sooner.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar, cast

from offtake.core.dataset import Field, FieldType, Stored
from offtake.encode import cells, clock, moments
from offtake.encode.cells import Held
from offtake.encode.moments import DATE, WHOLE_SECONDS

V = TypeVar("V", int, float, str)
Seconds = Callable[[Sequence[int]], Sequence[str] | None]
"""Writes whole seconds since 1970, or returns None if some are unusual."""

WITH_EXPONENT: Final = 10**15
"""From here on floats are written with an exponent."""

KNOWN_AMOUNTS: Final = 16_384

FRACTIONS: Final = {0: "", 6: r"\.[0-9]{6}"}
"""The digits of a second that a usual text has, and their shape."""


@dataclass(frozen=True, slots=True)
class Block:
    """A writer, and the type of the values that it takes."""

    kind: type
    write: Callable[[Sequence[Held]], Sequence[str] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How instants are shown: what stands between date and time and behind them, and by the clocks of which zone."""

    between: str
    zone: str | None = None
    ending: str = ""


def block(field: Field, look: Look) -> Block | None:
    """The writer for the usual form of a field, if there is one."""
    seconds = partial(_seconds, look, clock.Hours(look.between))
    match field.type:
        case FieldType.TEXT | FieldType.JSON:
            return _block(str, lambda texts: texts)
        case FieldType.INTEGER:
            return _block(int, _integers)
        case FieldType.FLOAT:
            return _block(float, _floats)
        case FieldType.DECIMAL if field.stored is Stored.SCALED:
            return _block(int, partial(_scaled, _Scaled(field.scale)) if field.scale else _integers)
        case FieldType.DECIMAL:
            return _block(str, partial(_of_shape, _lines_of(cells.USUAL_DECIMAL.pattern)))
        case FieldType.UUID:
            return _block(str, partial(_of_shape, _lines_of(cells.USUAL_UUID.pattern)))
        case FieldType.DATE if field.stored is Stored.NATIVE:
            return _block(str, partial(_of_shape, _lines_of(moments.USUAL_DATE.pattern)))
        case FieldType.TIMESTAMP | FieldType.DATETIME if field.stored is Stored.NATIVE:
            return _block(str, partial(_texts, look, field.precision, seconds))
        case FieldType.TIMESTAMP | FieldType.DATETIME:
            return _block(int, partial(_numbers, look, field, seconds))
        case _:
            return None


def _block(kind: type[V], write: Callable[[Sequence[V]], Sequence[str] | None]) -> Block:
    return Block(kind, lambda values: write(cast("Sequence[V]", values)))


def _integers(numbers: Sequence[int]) -> Sequence[str]:
    return list(map(str, numbers))


def _floats(numbers: Sequence[float]) -> Sequence[str] | None:
    if not -WITH_EXPONENT < min(numbers) <= max(numbers) < WITH_EXPONENT:
        return None
    texts = list(map(repr, numbers))
    return None if "e" in "".join(texts) else [one.removesuffix(".0") for one in texts]


class _Scaled(dict[int, str]):
    """The texts of integers multiplied by 10 ** scale, as many as are kept: most amounts come again."""

    def __init__(self, scale: int) -> None:
        self._unit, self._digits = 10**scale, f"0{scale}d"

    def __missing__(self, number: int) -> str:
        if len(self) >= KNOWN_AMOUNTS:
            self.clear()
        whole, rest = divmod(abs(number), self._unit)
        text = self[number] = f"{'-' if number < 0 else ''}{whole}.{rest:{self._digits}}"
        return text


def _scaled(shown: _Scaled, numbers: Sequence[int]) -> Sequence[str]:
    return list(map(shown.__getitem__, numbers))


def _lines_of(shape: str) -> re.Pattern[str]:
    """Whether every line is of a shape, without the way back that would be of no use."""
    return re.compile(f"(?:(?:{shape})\n)++")


def _of_shape(lines: re.Pattern[str], texts: Sequence[str]) -> Sequence[str] | None:
    return texts if lines.fullmatch("\n".join([*texts, ""])) else None


def _numbers(look: Look, field: Field, seconds: Seconds, numbers: Sequence[int]) -> Sequence[str] | None:
    """Instants held as numbers since 1970."""
    if field.stored is not Stored.UNIX_MS:
        return _followed(seconds(numbers), moments.digits(None, field.precision) + look.ending)
    whole = seconds([one // 1000 for one in numbers])
    if whole is None or not field.precision:
        return _followed(whole, look.ending)
    rest = "0" * (field.precision - 3) + look.ending
    return [f"{second}.{one % 1000:03d}{rest}" for second, one in zip(whole, numbers, strict=True)]


def _wanted(look: Look, precision: int) -> re.Pattern[str] | None:
    """Instants that are held as they are to be shown, if their digits of a second are usual ones."""
    if look.zone is not None or precision not in FRACTIONS:
        return None
    return _lines_of(
        f"{moments.USUAL_DATE.pattern}{look.between}{moments.SECOND_SHAPE}{FRACTIONS[precision]}{look.ending}"
    )


def _texts(look: Look, precision: int, seconds: Seconds, texts: Sequence[str]) -> Sequence[str] | None:
    """Instants held as texts, all with a fraction of a second or all without."""
    wanted = _wanted(look, precision)
    if wanted and _of_shape(wanted, texts):
        return texts
    if _of_shape(WITHOUT_FRACTION, texts):
        return _followed(_moved(look, seconds, texts), moments.digits(None, precision) + look.ending)
    if not _of_shape(WITH_FRACTION, texts) or (whole := _moved(look, seconds, texts)) is None:
        return None
    end, ending = WHOLE_SECONDS + (precision + 1 if precision else 0), look.ending
    return [f"{second}{one[WHOLE_SECONDS:end]}{ending}" for second, one in zip(whole, texts, strict=True)]


def _moved(look: Look, seconds: Seconds, texts: Sequence[str]) -> Sequence[str] | None:
    """The whole seconds of texts."""
    if look.zone is None:
        return [f"{one[:DATE]}{look.between}{one[DATE + 1 : WHOLE_SECONDS]}" for one in texts]
    try:
        return seconds([clock.since(one) for one in texts])
    except ValueError:
        return None


def _seconds(look: Look, hours: clock.Hours, numbers: Sequence[int]) -> Sequence[str] | None:
    """Seconds since 1970 as the look has them, up to the digits after the point."""
    try:
        return clock.seconds(numbers, hours, look.zone)
    except (ValueError, OverflowError):
        return None


def _followed(texts: Sequence[str] | None, ending: str) -> Sequence[str] | None:
    return [one + ending for one in texts] if texts and ending else texts


WITHOUT_FRACTION, WITH_FRACTION = (
    _lines_of(f"{moments.USUAL_DATE.pattern}[ T]{moments.SECOND_SHAPE}{fraction}Z?") for fraction in FRACTIONS.values()
)
