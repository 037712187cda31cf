"""What the options of dialects are made of: numbers that have bounds, names of datasets, and how options speak up."""

from collections.abc import Callable, Iterator
from typing import Annotated, ParamSpec, Protocol, runtime_checkable

from pydantic import Field

from offtake.core.error import InvalidRequest

P = ParamSpec("P")

Count = Annotated[int, Field(ge=0)]
"""A number of things, or of months back, where 0 has a meaning."""

Positive = Annotated[int, Field(ge=1)]
"""A number of things of which there must be one."""

Months = Annotated[int, Field(ge=0, le=1200)]
"""A number of calendar months; a century is further than anybody counts."""

BodyBytes = Annotated[int, Field(ge=1024)]
"""The length of a request's body."""

DatasetName = Annotated[str, Field(json_schema_extra={"x-names": "datasets"})]
"""The name of a dataset, which must be defined where the option is given; an empty one may be given where that is the
default."""


@runtime_checkable
class Outspoken(Protocol):
    """Options that know what types cannot say."""

    def problems(self) -> Iterator[InvalidRequest]:
        """Yield everything that cannot be worked with; `field` is the setting's whole path, `dialects.<kind>.<name>`,
        with the members of mappings behind dots and those of lists as `[0]`."""
        ...


def told(check: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> Iterator[InvalidRequest]:
    """Yield what a check raises, if it does."""
    try:
        check(*args, **kwargs)
    except InvalidRequest as problem:
        yield problem
