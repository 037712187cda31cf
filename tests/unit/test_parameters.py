"""What a parameter of an operator-written SELECT takes."""

import pytest

from offtake.core.dataset import Dataset, FieldType, Op, Parameter, Select
from offtake.core.error import InvalidRequest
from offtake.core.filter import MAX_VALUES, Condition, check
from offtake.testing.conformance.source_samples import field

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


@pytest.mark.parametrize("kind", [FieldType.FLOAT, FieldType.DECIMAL])
@pytest.mark.parametrize("value", ["nan", "NaN", "-nan", "sNaN", float("nan")])
def test_what_is_no_number_is_refused_at_once(kind: FieldType, value: str | float) -> None:
    """The databases do not agree on it: one has it greater than all numbers, one has none."""
    price = field("price", kind)
    for condition in (
        Condition(field="price", op=Op.GT, value=value),
        Condition(field="price", op=Op.IN, value=(1, value)),
    ):
        with pytest.raises(InvalidRequest) as caught:
            check(DATASET, (price,), (condition,))
        assert (caught.value.field or "").startswith("where[0].value")


def test_a_float_may_be_infinite() -> None:
    (checked,) = check(DATASET, (field("x", FieldType.FLOAT),), (Condition(field="x", op=Op.LT, value="Infinity"),))
    assert checked.value == float("inf")
