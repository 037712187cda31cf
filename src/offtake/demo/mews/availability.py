"""`AvailabilityBlock` and `AvailabilityAdjustment`."""

from typing import Final

from offtake.demo.mews import house
from offtake.demo.mews.parts import BOOLEAN, BY_ENTERPRISE, INTEGER, JSON, NULLABLE, TEXT, TIMESTAMP, UUID, absent
from offtake.demo.tables import Member, View
from offtake.demo.writing import Writing

RELEASES: Final = {"none": "None", "fixed": "FixedRelease", "rolling": "RollingRelease"}
BUDGET: Final = '{"Currency":"`b.currency`","Value":`b.budget`,"Net":null,"Tax":null,"TaxRate":null}'
PURPOSE: Final = "CASE WHEN b.market_segment = 'corporate' THEN 'Business' ELSE 'Leisure' END"
REASON: Final = "CASE WHEN b.canceled_at IS NOT NULL THEN 'RequestedByBooker' END"


def block(sql: Writing) -> tuple[Member, ...]:
    """The layout of a block."""
    hotel = "b.enterprise_id"
    return (
        Member("Id", UUID, "b.id"),
        Member("EnterpriseId", UUID, hotel),
        Member("ServiceId", UUID, house.of_hotel(hotel, house.service)),
        Member("RateId", UUID, "b.rate_id"),
        absent("VoucherId"),
        Member("BookerId", UUID, "b.customer_id", NULLABLE),
        Member("CompanyId", UUID, "b.company_id", NULLABLE),
        Member("TravelAgencyId", UUID, "b.travel_agency_id", NULLABLE),
        Member("Budget", JSON, sql.document(BUDGET), NULLABLE),
        Member("State", TEXT, "CASE WHEN b.canceled_at IS NULL THEN 'Confirmed' ELSE 'Canceled' END"),
        Member("ReservationPurpose", TEXT, PURPOSE, NULLABLE),
        Member("CreatedUtc", TIMESTAMP, "b.created_at"),
        Member("UpdatedUtc", TIMESTAMP, "b.updated_at"),
        Member("FirstTimeUnitStartUtc", TIMESTAMP, "b.first_night"),
        Member("LastTimeUnitStartUtc", TIMESTAMP, "b.last_night"),
        Member("ReleasedUtc", TIMESTAMP, "b.released_at", NULLABLE),
        Member("RollingReleaseOffset", TEXT, "CASE WHEN b.release = 'rolling' THEN 'P7D' END", NULLABLE),
        absent("ExternalIdentifier"),
        Member("Name", TEXT, "b.name", NULLABLE),
        absent("Notes"),
        Member("PickupDistribution", TEXT, "'AllInOneGroup'"),
        Member("IsActive", BOOLEAN, "b.canceled_at IS NULL"),
        absent("QuoteId"),
        Member("AvailabilityBlockNumber", TEXT, "b.number"),
        Member("ReleaseStrategy", TEXT, house.chosen("b.release", RELEASES)),
        absent("PurchaseOrderNumber"),
        Member("BusinessSegmentId", UUID, house.segment_of(hotel, "b.market_segment"), NULLABLE),
        Member("CanceledUtc", TIMESTAMP, "b.canceled_at", NULLABLE),
        Member("CancellationReason", TEXT, REASON, NULLABLE),
        absent("CancellationReasonDetail"),
    )


def adjustment(sql: Writing) -> tuple[Member, ...]:
    """The layout of an adjustment."""
    return (
        Member("Id", UUID, "a.id"),
        Member("AvailabilityBlockId", UUID, "a.block_id", NULLABLE),
        Member("ResourceCategoryId", UUID, "a.room_type_id"),
        Member("FirstTimeUnitStartUtc", TIMESTAMP, "a.first_night"),
        Member("LastTimeUnitStartUtc", TIMESTAMP, "a.last_night"),
        Member("UnitCount", INTEGER, "a.units"),
        absent("ReleaseOverrideUtc"),
        Member("UpdatedUtc", TIMESTAMP, "a.updated_at"),
        Member("IsActive", BOOLEAN, "a.is_active"),
        Member("PaxCounts", JSON, "a.persons", NULLABLE),
        Member("FirstTimeUnitReleaseUtc", TIMESTAMP, "a.released_at", NULLABLE),
        absent("StartUtc"),
        absent("EndUtc"),
        Member("ActivityState", TEXT, "CASE WHEN a.is_active THEN 'Active' ELSE 'Deleted' END"),
    )


BLOCK: Final = View(
    name="mews_availability_block",
    title="AvailabilityBlock (Mews)",
    about="Rooms held for groups, in the layout of the Mews Connector API.",
    rows="blocks b",
    members=block,
    scope={BY_ENTERPRISE: "b.enterprise_id"},
    change="UpdatedUtc",
)

ADJUSTMENT: Final = View(
    name="mews_availability_adjustment",
    title="AvailabilityAdjustment (Mews)",
    about="Changes of availability, in the layout of the Mews Connector API; below zero if rooms are taken away.",
    rows="adjustments a",
    members=adjustment,
    scope={BY_ENTERPRISE: "a.enterprise_id"},
    change="UpdatedUtc",
)
