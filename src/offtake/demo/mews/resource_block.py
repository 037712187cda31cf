"""`ResourceBlock`."""

from typing import Final

from offtake.demo.mews.parts import BOOLEAN, BY_ENTERPRISE, NULLABLE, TEXT, TIMESTAMP, UUID
from offtake.demo.tables import Member, View
from offtake.demo.writing import Writing


def members(_: Writing) -> tuple[Member, ...]:
    """The layout."""
    return (
        Member("Id", UUID, "c.id"),
        Member("EnterpriseId", UUID, "c.enterprise_id"),
        Member("AssignedResourceId", UUID, "c.room_id"),
        Member("IsActive", BOOLEAN, "c.deleted_at IS NULL"),
        Member("Type", TEXT, "CASE WHEN c.is_internal THEN 'InternalUse' ELSE 'OutOfOrder' END"),
        Member("StartUtc", TIMESTAMP, "c.starts_at"),
        Member("EndUtc", TIMESTAMP, "c.ends_at"),
        Member("CreatedUtc", TIMESTAMP, "c.created_at"),
        Member("UpdatedUtc", TIMESTAMP, "c.updated_at"),
        Member("DeletedUtc", TIMESTAMP, "c.deleted_at", NULLABLE),
        Member("Name", TEXT, "c.name"),
        Member("Notes", TEXT, "c.notes", NULLABLE),
    )


VIEW: Final = View(
    name="mews_resource_block",
    title="ResourceBlock (Mews)",
    about="Rooms out of order or used by the house, in the layout of the Mews Connector API.",
    rows="closures c",
    members=members,
    scope={BY_ENTERPRISE: "c.enterprise_id"},
    change="UpdatedUtc",
)
