"""From a request to what is to be read and how it is to be written; pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from offtake.core.dataset import Dataset
from offtake.core.export import ExportRequest
from offtake.core.limits import Split
from offtake.core.ports import TextForm
from offtake.core.query import Query
from offtake.secrets import age

SUFFIX: Mapping[str | None, str] = {None: "", "gzip": ".gz"}
"""What a compression adds to a file's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One selection: the query, the form of its lines, and how its parts are named (`stem-00001.extension`)."""

    selection: int
    query: Query
    form: TextForm
    stem: str
    extension: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An export's steps, all read at one instant of one source. Its files are compressed first, then encrypted.

    With `paged`, each has an index of its rows beside it.
    """

    source: str
    steps: tuple[Step, ...]
    split: Split
    compression: str | None
    recipients: tuple[str, ...] = ()
    paged: bool = False


def make_plan(request: ExportRequest, queries: tuple[Query, ...], forms: tuple[TextForm, ...], extension: str) -> Plan:
    """Return the plan of a request whose selections became `queries`, and those `forms`, in this order."""
    names = [query.dataset.name for query in queries]
    ending = extension + SUFFIX[request.compression] + (age.SUFFIX if request.recipients else "")
    steps = tuple(
        Step(
            selection=number,
            query=query,
            form=form,
            stem=_stem(query.dataset, number, names),
            extension=ending,
        )
        for number, (query, form) in enumerate(zip(queries, forms, strict=True))
    )
    return Plan(
        source=queries[0].dataset.source,
        steps=steps,
        split=request.split,
        compression=request.compression,
        recipients=request.recipients,
        paged=request.paged,
    )


def _stem(dataset: Dataset, number: int, names: list[str]) -> str:
    """The dataset's name; with its place in the request where a dataset is selected more than once."""
    return dataset.name if names.count(dataset.name) == 1 else f"{dataset.name}-s{number + 1}"
