"""What a parameter of an operator-written SELECT takes."""

import pytest

from offtake.core.dataset import Dataset, FieldType, Op, Parameter, Select
from offtake.core.error import InvalidRequest
from offtake.core.filter import MAX_VALUES, Condition, check

PARAMETERS = (
    Parameter(name="one", type=FieldType.INTEGER, required=False, default=1),
    Parameter(name="many", type=FieldType.DATE, required=False, many=True),
)
DATASET = Dataset(name="d", source="s", relation=Select(sql="", parameters=PARAMETERS), fields=())


def test_a_list_is_canonical_value_by_value() -> None:
    given = (Condition(field="many", op=Op.IN, value=("2024-01-02", "2024-01-03")),)
    assert check(DATASET, (), given) == given
    assert check(DATASET, (), (Condition(field="many", op=Op.IN, value=()),))[0].value == ()
    assert check(DATASET, (), ()) == (), "a list that is not given is empty"


@pytest.mark.parametrize(
    ("name", "op", "value", "path"),
    [
        ("one", Op.IN, (1,), "where[0].op"),
        ("many", Op.EQ, "2024-01-02", "where[0].op"),
        ("many", Op.IN, "2024-01-02", "where[0].op"),
        ("many", Op.NOT_IN, ("2024-01-02",), "where[0].op"),
        ("many", Op.IN, ("2024-01-02", "soon"), "where[0].value[1]"),
        ("many", Op.IN, ("2024-01-02",) * (MAX_VALUES + 1), "where[0].value"),
    ],
)
def test_what_does_not_fit_is_named(name: str, op: Op, value: str | tuple[str | int, ...], path: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        check(DATASET, (), (Condition(field=name, op=op, value=value),))
    assert caught.value.field == path
    assert caught.value.cure
