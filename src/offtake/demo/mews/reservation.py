"""`Reservation`, in the layout of version 2023-06-06."""

from typing import Final

from offtake.demo.hotel.bookings import Hotel
from offtake.demo.mews import house
from offtake.demo.mews.parts import BOOLEAN, BY_ENTERPRISE, JSON, NULLABLE, TEXT, TIMESTAMP, UUID, absent
from offtake.demo.tables import Member, View
from offtake.demo.writing import Writing, literal

STATE: Final = house.chosen("r.state", {"checked_out": "Processed", "canceled": "Canceled", "no_show": "Canceled"})
ORIGINS: Final = {"agency": "ChannelManager", "gds": "Distributor", "direct": "Commander", "corporate": "Connector"}
ORIGIN: Final = f"coalesce({house.chosen('r.distribution_channel', ORIGINS)}, 'Import')"
TAKEN_BY: Final = "CASE WHEN r.distribution_channel = 'direct' THEN CASE WHEN r.waiting_list_days > 0 THEN 'Phone' "
COMMANDER: Final = f"{TAKEN_BY}WHEN r.special_requests > 0 THEN 'Email' ELSE 'Website' END END"
REASON: Final = """CASE r.state WHEN 'no_show' THEN 'NoShow' WHEN 'canceled' THEN
CASE WHEN r.travel_agency_id IS NULL THEN 'RequestedByGuest' ELSE 'TravelAgency' END END"""
CHANNEL: Final = "CASE WHEN r.distribution_channel IN ('agency', 'gds') THEN {0} END"
PURPOSE: Final = """CASE r.market_segment WHEN 'corporate' THEN 'Business' WHEN 'online_agency' THEN 'Leisure'
WHEN 'offline_agency' THEN 'Leisure' WHEN 'direct' THEN 'Leisure' END"""
STAYED: Final = "`CASE r.state WHEN 'checked_out' THEN 'true' ELSE 'false' END`"
OPTIONS: Final = (
    f'{{"OwnerCheckedIn":{STAYED},"AllCompanionsCheckedIn":{STAYED},"AnyCompanionCheckedIn":{STAYED},'
    '"ConnectorCheckIn":false}'
)


def members(sql: Writing) -> tuple[Member, ...]:
    """The layout."""
    hotel = "r.enterprise_id"
    return (
        Member("Id", UUID, "r.id"),
        Member("ServiceId", UUID, house.of_hotel(hotel, house.service)),
        Member("AccountId", UUID, "r.customer_id"),
        Member("AccountType", TEXT, "'Customer'"),
        Member("CreatorProfileId", UUID, house.writer(hotel, "system")),
        Member("UpdaterProfileId", UUID, house.writer(hotel, "reception")),
        Member("BookerId", UUID, "r.customer_id", NULLABLE),
        Member("Number", TEXT, "r.number"),
        Member("State", TEXT, STATE),
        Member("Origin", TEXT, ORIGIN),
        Member("CommanderOrigin", TEXT, COMMANDER, NULLABLE),
        absent("OriginDetails"),
        Member("CreatedUtc", TIMESTAMP, "r.created_at"),
        Member("UpdatedUtc", TIMESTAMP, "r.updated_at"),
        Member("CancelledUtc", TIMESTAMP, "r.canceled_at", NULLABLE),
        absent("VoucherId"),
        Member("BusinessSegmentId", UUID, house.segment_of(hotel, "r.market_segment"), NULLABLE),
        Member("Options", JSON, sql.document(OPTIONS)),
        Member("RateId", UUID, "p.rate_id"),
        absent("CreditCardId"),
        Member("GroupId", UUID, "p.group_id"),
        Member("RequestedResourceCategoryId", UUID, "p.room_type_id"),
        Member("AssignedResourceId", UUID, "p.room_id", NULLABLE),
        Member("AvailabilityBlockId", UUID, "p.block_id", NULLABLE),
        Member("PartnerCompanyId", UUID, "r.company_id", NULLABLE),
        Member("TravelAgencyId", UUID, "r.travel_agency_id", NULLABLE),
        Member("AssignedResourceLocked", BOOLEAN, "r.special_requests > 2"),
        Member("ChannelNumber", TEXT, CHANNEL.format("'C-' || r.number"), NULLABLE),
        Member("ChannelManagerNumber", TEXT, CHANNEL.format("'M-' || r.number"), NULLABLE),
        Member("CancellationReason", TEXT, REASON, NULLABLE),
        absent("ReleasedUtc"),
        Member("ScheduledStartUtc", TIMESTAMP, "r.scheduled_start"),
        Member("ActualStartUtc", TIMESTAMP, "r.checked_in_at", NULLABLE),
        Member("ScheduledEndUtc", TIMESTAMP, "r.scheduled_end"),
        Member("ActualEndUtc", TIMESTAMP, "r.checked_out_at", NULLABLE),
        Member("Purpose", TEXT, PURPOSE, NULLABLE),
        absent("QrCodeData"),
        Member("PersonCounts", JSON, _persons(hotel)),
        Member("StartUtc", TIMESTAMP, "r.scheduled_start"),
        Member("EndUtc", TIMESTAMP, "r.scheduled_end"),
    )


VIEW: Final = View(
    name="mews_reservation",
    title="Reservation (Mews)",
    about="Reservations in the layout of the Mews Connector API, version 2023-06-06.",
    rows="reservations r JOIN places p ON p.id = r.id",
    members=members,
    scope={BY_ENTERPRISE: "r.enterprise_id"},
    change="UpdatedUtc",
)


def _persons(hotel: str) -> str:
    """A list of those ages of which somebody comes."""
    counts = " || ".join(
        f"CASE WHEN r.{count} > 0 THEN {_count(hotel, name, count)} ELSE '' END"
        for name, count in (("adult", "adults"), ("child", "children"), ("infant", "babies"))
    )
    return f"'[' || substr({counts}, 2) || ']'"


def _count(hotel: str, name: str, count: str) -> str:
    def opening(each: Hotel) -> str:
        return f',{{"AgeCategoryId":"{house.age(each, name)}","Count":'

    return f"{house.of_hotel(hotel, opening)} || r.{count} || {literal('}')}"
