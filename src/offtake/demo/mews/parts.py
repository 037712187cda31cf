"""Pieces that several layouts have: plain members, absent ones, amounts."""

from typing import Final

from offtake.core.dataset import FieldType
from offtake.demo.tables import Member

BOOLEAN, DATE, DECIMAL, INTEGER = FieldType.BOOLEAN, FieldType.DATE, FieldType.DECIMAL, FieldType.INTEGER
JSON, TEXT, TIMESTAMP, UUID = FieldType.JSON, FieldType.TEXT, FieldType.TIMESTAMP, FieldType.UUID
NULLABLE: Final = True
BY_ENTERPRISE: Final = "enterprise"
BY_CHAIN: Final = "chain"


def absent(name: str) -> Member:
    """An optional member that this house never fills."""
    return Member(name, TEXT, "NULL", NULLABLE)


def filled(text: str) -> str:
    """SQL for an optional text: one that is empty is absent."""
    return f"nullif({text}, '')"


def taxed(currency: str, net: str, gross: str, tax: str, code: str) -> str:
    """The text of a document `Amount`, by SQL for each value."""
    return (
        f'{{"Currency":"`{currency}`","NetValue":`{net}`,"GrossValue":`{gross}`,"TaxValues":[{{"Code":"`{code}`",'
        f'"Value":`{tax}`}}],"Breakdown":{{"Items":[{{"TaxRateCode":"`{code}`","NetValue":`{net}`,"TaxValue":`{tax}`}}]}}}}'
    )


def untaxed(currency: str, amount: str) -> str:
    """The text of a document `Amount` without tax."""
    return (
        f'{{"Currency":"`{currency}`","NetValue":`{amount}`,"GrossValue":`{amount}`,"TaxValues":[],'
        f'"Breakdown":{{"Items":[{{"TaxRateCode":null,"NetValue":`{amount}`,"TaxValue":0.00}}]}}}}'
    )
