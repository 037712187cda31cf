"""Every exported entity has the documented layout: its members, in their order, each of its type."""

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

import pytest

from offtake import settings
from offtake.app.wiring import open_sources
from offtake.core.limits import Window
from offtake.core.query import JsonLayout, Query
from offtake.demo.configuration import configuration
from offtake.settings import Settings

LAYOUTS: Final = """
Reservation = Id, ServiceId, AccountId, AccountType:Account type, CreatorProfileId, UpdaterProfileId, BookerId?,
    Number, State:Service order state, Origin:Service order origin, CommanderOrigin?:Commander origin, OriginDetails?,
    CreatedUtc, UpdatedUtc, CancelledUtc?, VoucherId?, BusinessSegmentId?, Options:Service Order Options, RateId,
    CreditCardId?, GroupId, RequestedResourceCategoryId, AssignedResourceId?, AvailabilityBlockId?, PartnerCompanyId?,
    TravelAgencyId?, AssignedResourceLocked:bool, ChannelNumber?, ChannelManagerNumber?,
    CancellationReason?:Reservation cancellation reason, ReleasedUtc?, ScheduledStartUtc, ActualStartUtc?,
    ScheduledEndUtc, ActualEndUtc?, Purpose?:Reservation purpose, QrCodeData?, PersonCounts:[]Age category parameters,
    StartUtc (deprecated), EndUtc (deprecated)
OrderItem = Id, EnterpriseId, AccountId?, AccountType?:Account type, ServiceId, ServiceOrderId, Notes?, BillId?,
    AccountingCategoryId?, BillingName?, ExternalIdentifier?, UnitCount:int, UnitAmount:Amount, Amount:Amount,
    OriginalAmount:Amount, RevenueType:Revenue type, CreatorProfileId, UpdaterProfileId, CreatedUtc, UpdatedUtc,
    ConsumedUtc, CanceledUtc?, ClosedUtc?, StartUtc?, ClaimedUtc?, AccountingState:Order item accounting state,
    Type:Order item type, Options:Order item options, Data?:Order item data, TaxExemptionReason?:Tax exemption reason
    type, TaxExemptionLegalReference?
Payment = Id, EnterpriseId, AccountId, AccountType:Account type, PaymentRequestId?, BillId?, ReservationId?,
    AccountingCategoryId?, Amount:Amount, OriginalAmount:Amount, Notes?, SettlementId?, ConsumedUtc?, ClosedUtc?,
    ChargedUtc?, CreatedUtc, UpdatedUtc, SettlementUtc, AccountingState:Order item accounting state, State:Payment
    state, Identifier?, Type:Payment type, Kind?:Payment kind, Data?:Payment data, PaymentOrigin?:Payment origin
AvailabilityAdjustment = Id, AvailabilityBlockId?, ResourceCategoryId, FirstTimeUnitStartUtc, LastTimeUnitStartUtc,
    UnitCount:int, ReleaseOverrideUtc?, UpdatedUtc, IsActive:bool, PaxCounts?:[]Pax count[≤5],
    FirstTimeUnitReleaseUtc?, StartUtc? (deprecated), EndUtc? (deprecated), ActivityState:Activity state (deprecated)
AvailabilityBlock = Id, EnterpriseId, ServiceId, RateId, VoucherId?, BookerId?, CompanyId?, TravelAgencyId?,
    Budget?:Currency value (ver 2018-06-07), State:Availability block state, ReservationPurpose?:Reservation purpose,
    CreatedUtc, UpdatedUtc, FirstTimeUnitStartUtc, LastTimeUnitStartUtc, ReleasedUtc?, RollingReleaseOffset?,
    ExternalIdentifier?[≤255], Name?, Notes?, PickupDistribution:Pickup distribution, IsActive:bool, QuoteId?,
    AvailabilityBlockNumber, ReleaseStrategy:Release strategy, PurchaseOrderNumber?, BusinessSegmentId?, CanceledUtc?,
    CancellationReason?:Reservation cancellation reason, CancellationReasonDetail?
ResourceBlock = Id, EnterpriseId, AssignedResourceId, IsActive:bool, Type:Resource block type, StartUtc, EndUtc,
    CreatedUtc, UpdatedUtc, DeletedUtc?, Name, Notes?
Customer = Id, ChainId, Number[≤19], Title?:Title, Sex?:Sex, FirstName?, LastName, SecondLastName?, NationalityCode?,
    PreferredLanguageCode?, LanguageCode?, BirthDate?, BirthCountryCode?, BirthCountrySubdivisionCode?, BirthPlace?,
    Occupation?, Email?, HasOtaEmail:bool, Phone?, TaxIdentificationNumber?, LoyaltyCode?, AccountingCode?,
    BillingCode?, Notes?, CarRegistrationNumber?[≤255], DietaryRequirements?[≤255], CreatedUtc, UpdatedUtc,
    AddressId?, Classifications:[]Customer classification, Options:[]Customer option, ItalianDestinationCode?,
    ItalianFiscalCode?, ItalianLotteryCode?, CompanyId?, MergeTargetId?, IsActive:bool,
    PreferredSpaceFeatures:[]Resource feature classification, CreatorProfileId, UpdaterProfileId, Passport?:Identity
    document (deprecated), IdentityCard?:Identity document (deprecated), Visa?:Identity document (deprecated),
    DriversLicense?:Identity document (deprecated), Address?:Address (deprecated), ActivityState? (deprecated)
Company = Id, ChainId, Name, MotherCompanyId?, InvoicingEmail?, WebsiteUrl?, InvoiceDueInterval?, Options:Company
    Options, CreditRating:Credit Rating, Department?, DunsNumber?, ReferenceIdentifier?, AccountingCode?,
    AdditionalTaxIdentifier?, BillingCode?, Contact?, ContactPerson?, Identifier?, Iata?, IsActive:bool, Notes?,
    Number:int, TaxIdentifier?, Telephone?, CreatedUtc?, UpdatedUtc?, AddressId?, MergeTargetId?,
    ExternalIdentifier?[≤255], ElectronicInvoiceIdentifier? (deprecated), Address?:Address (deprecated),
    TaxIdentificationNumber? (deprecated)
Bill = Id, Name?, EnterpriseId, AccountId, AccountType:Account type, AssociatedAccountIds?:[]string, CounterId?,
    State:Bill state, Type:Bill type, Number?, VariableSymbol?, CreatedUtc, IssuedUtc?, TaxedUtc?, PaidUtc?, DueUtc?,
    LastReminderDateUtc?, UpdatedUtc, PurchaseOrderNumber?, Notes?, Options?:Bill options, OwnerData?:Bill owner data,
    AssociatedAccountData?:[]Associated account bill data, EnterpriseData?:Bill enterprise data, CorrectionState:Bill
    correction state, CorrectionType?:Bill correction type, CorrectedBillId?, CustomerId? (deprecated), CompanyId?
    (deprecated), Revenue?:[]Accounting item (deprecated), Payments?:[]Accounting item (deprecated),
    OrderItems?:[]Order item (deprecated), PaymentItems?:[]Payment item (deprecated), AssigneeData?:Bill assignee data
    (deprecated), CompanyDetails?:Bill company data (deprecated)
LedgerEntry = Id, EnterpriseId, TransactionId?, AccountId, BillId?, AccountingCategoryId?, AccountingItemId,
    AccountingItemType:Accounting item type, LedgerType:Accounting ledger type, LedgerEntryType:Accounting ledger
    entry type, PostingDate, Value:decimal, NetBaseValue?:decimal, TaxRateCode?, CreatedUtc
Account type = one of Company, Customer
Service order state = one of Inquired, Confirmed, Started, Processed, Canceled, Optional, Requested
Service order origin = one of Distributor, ChannelManager, Commander, Import, Connector, Navigator
Commander origin = one of InPerson, Channel, Phone, Email, Website, Message, CallCenter, RoomingList
Service Order Options = OwnerCheckedIn:bool, AllCompanionsCheckedIn:bool, AnyCompanionCheckedIn:bool,
    ConnectorCheckIn:bool
Reservation cancellation reason = one of Other, ConfirmationMissed, BookedElsewhere, ForceMajeure, GuestComplaint,
    NoShow, PriceTooHigh, ServiceNotAvailable, InputError, InvalidPayment, TravelAgency, RequestedByGuest, Update,
    BookingAbandoned, RequestedByBooker
Reservation purpose = one of Leisure, Business, Student
Age category parameters = AgeCategoryId, Count:int
Amount = Currency, NetValue:num, GrossValue:num, TaxValues:[]Tax value, Breakdown:Tax breakdown
Tax value = Code?, Value:num
Tax breakdown = Items:[]Tax breakdown item
Tax breakdown item = TaxRateCode?, NetValue:num, TaxValue:num
Revenue type = one of Service, Product, Additional
Order item accounting state = one of Open, Closed, Inactive, Canceled
Order item type = one of CancellationFee, NightRebate, ProductOrderRebate, AdditionalExpenseRebate, Deposit,
    ExchangeRateDifference, CustomItem, ServiceCharge, CityTax, CityTaxDiscount, SpaceOrder, ProductOrder, Surcharge,
    TaxCorrection, ResourceUpgradeFee, InvoiceFee, MulticurrencyFee, AllowanceDiscount, AllowanceBreakage,
    AllowanceContraBreakage
Order item options = CanceledWithReservation:bool
Order item data = Discriminator:Order item data discriminator, Rebate?:Rebate data, Product?:Product data,
    AllowanceDiscount?:Allowance discount data, AllowanceProfits?:Allowance profits data
Order item data discriminator = one of Rebate, Product, AllowanceDiscount, AllowanceProfits
Rebate data = ProductId, RebatedItemId
Product data = ProductId, AgeCategoryId?, ProductType?:Product type
Product type = one of Product, Allowance
Allowance discount data = DiscountedOrderItemId, AllowanceProductOrderItemId
Allowance profits data = AllowanceProductOrderItemId, AllowanceProfitType:Allowance profit type
Allowance profit type = one of AllowanceBreakage, AllowanceContraBreakage, AllowanceLoss, AllowanceContraLoss
Tax exemption reason type = one of Unknown, IT_N1, IT_N2_1, IT_N2_2, IT_N3_4, IT_N3_5, IT_N4, IT_N5, PL_ZW, PL_NP,
    DE_NATO, FR_261_7, FR_262_00_BIS, FR_293_B
Payment state = one of Charged, Canceled, Pending, Failed, Verifying
Payment type = one of Payment, CreditCardPayment, AlternativePayment, CashPayment, InvoicePayment, ExternalPayment,
    GhostPayment, TaxDeductedPayment
Payment kind = one of Payment, Chargeback, ChargebackReversal, Refund
Payment data = Discriminator:Payment data discriminator, CreditCard?:Credit card payment data, Invoice?:Invoice
    payment data, External?:External payment data, Ghost?:Ghost payment data, Alternative?:Alternative payment data
Payment data discriminator = one of CreditCard, Invoice, External, Ghost, Alternative
Credit card payment data = CreditCardId?, Transaction?:Credit card transaction
Credit card transaction = PaymentId, SettlementId?, SettledUtc?, Fee?:Extended amount, AdjustedFee?:Extended amount,
    ChargedAmount:Extended amount, SettledAmount?:Extended amount
Invoice payment data = InvoiceId?, Type:Invoice payment type
Invoice payment type = one of Receivable, Balancing, UnderpaymentBalancingReceivable, OverpaymentBalancingReceivable,
    Overpayment
External payment data = Type:External payment type, ExternalIdentifier?
External payment type = one of Unspecified, BadDebts, Bacs, WireTransfer, Invoice, ExchangeRateDifference,
    Complimentary, Reseller, ExchangeRoundingDifference, Barter, Commission, BankCharges, CrossSettlement, Cash,
    CreditCard, Prepayment, Cheque, Bancontact, IDeal, PayPal, GiftCard, LoyaltyPoints, ChequeVacances, OnlinePayment,
    CardCheck, PaymentHubRedirection, Voucher, MasterCard, Visa, Amex, Discover, DinersClub, Jcb, UnionPay, Twint,
    Reka, LoyaltyCard, PosDiningAndSpaReward, DirectDebit, DepositCheck, DepositCash, DepositCreditCard,
    DepositWireTransfer
Ghost payment data = OriginalPaymentId
Alternative payment data = Type:Alternative payment method type
Alternative payment method type = one of Ideal, ApplePay, GooglePay, SepaDirectDebit, PayPal, WireTransfer
Payment origin = one of Other, System, Operations, AutomaticPayment, PaymentRequest, BookingEngine, Api, Terminal,
    ChannelManager, OnlineCheckout, BillBalancing, OnlineCheckin, PointOfSales, PaymentToInvoiceLinking
Activity state = one of Active, Deleted
Pax count = PersonCount:int, UnitCount:int
Currency value (ver 2018-06-07) = Currency, Value?:num, Net?:num (deprecated), Tax?:num (deprecated), TaxRate?:num
    (deprecated)
Availability block state = one of Confirmed, Optional, Inquired, Canceled
Pickup distribution = one of AllInOneGroup, IndividualGroups
Release strategy = one of FixedRelease, RollingRelease, None
Resource block type = one of OutOfOrder, InternalUse
Title = one of Mister, Miss, Misses
Sex = one of Male, Female
Customer classification = one of PaymasterAccount, Blacklist, Media, LoyaltyProgram, PreviousComplaint, Returning,
    Staff, FriendOrFamily, TopManagement, Important, VeryImportant, Problematic, Cashlist, DisabledPerson, Military,
    Airline, HealthCompliant, InRoom, WaitingForRoom, Student, Blocklist
Customer option = one of None, SendMarketingEmails, Invoiceable, BillAddressObjection, SendMarketingPostalMail,
    SendPartnerMarketingEmails, SendPartnerMarketingPostalMail, WithdrawCardConsent, GuestPhotoConsent,
    IdPhotosConsent
Resource feature classification = one of SeaView, RiverView, OceanView, TwinBeds, DoubleBed, RollawayBed, UpperBed,
    LowerBed, Balcony, AccessibleBathroom, AccessibleRoom, ElevatorAccess, HighFloor, Kitchenette, AirConditioning,
    PrivateJacuzzi, PrivateSauna, EnsuiteRoom, PrivateBathroom, SharedBathroom
Company Options = Invoiceable:bool, AddFeesToInvoices:bool, AddTaxDeductedPaymentToInvoices:bool
Credit Rating = Basic?:Credit rating basic
Credit rating basic = one of CreditOk, PaymentRequiredUpfront, LocalDecisionRequired
Bill state = one of Open, Closed
Bill type = one of Receipt, Invoice
Bill options = DisplayCustomer:bool, DisplayTaxation:bool, TrackReceivable:bool, DisplayCid:bool, Rebated:bool
Bill owner data = Discriminator:Bill associated account data discriminator, Value:object
Bill associated account data discriminator = one of BillCustomerData, BillCompanyData
Associated account bill data = Discriminator:Bill associated account data discriminator, BillCustomerData?:Bill
    customer data, BillCompanyData?:Bill company data
Bill customer data = Id, Address?:Address, LegalIdentifiers?:object, BillingCode?, LastName, FirstName?,
    SecondLastName?, TitlePrefix?:Title, TaxIdentifier?
Account address = Id, AccountId, ChainId?, AccountType:Account type, Line1?[≤1023], Line2?[≤255], City?[≤255],
    PostalCode?[≤255], CountryCode?, CountrySubdivisionCode?, Latitude?:num, Longitude?:num, UpdatedUtc?,
    IsActive:bool
Bill company data = Id?, Address?:Address, LegalIdentifiers?:object, BillingCode?, Name, FiscalIdentifier?,
    AdditionalTaxIdentifier?, DUNS?, Telephone?, TaxIdentifier?, InvoicingEmail?, Department?
Bill enterprise data = AdditionalTaxIdentifier?, CompanyName?, BankAccount?, BankName?, Iban?, Bic?
Bill correction state = one of Bill, CorrectiveBill
Bill correction type = one of Cancellation, Edit, CreditNote, Reinstatement, ReceivablePaymentsBalance
Accounting item type = one of OrderItem, OutletItem, Invoice, Payment, DepositBalancingPayment,
    CityLedgerBalancingPayment, DepositItem
Accounting ledger type = one of Revenue, Tax, Payment, Deposit, Guest, City, NonRevenue
Accounting ledger entry type = one of Debit, Credit
"""
"""Members of the entities, then of what they hold; `?` optional, no type a text, `[≤n]` the most signs or items."""

ENTITIES: Final = {
    "Reservation": "mews_reservation",
    "OrderItem": "mews_order_item",
    "Payment": "mews_payment",
    "AvailabilityAdjustment": "mews_availability_adjustment",
    "AvailabilityBlock": "mews_availability_block",
    "ResourceBlock": "mews_resource_block",
    "Customer": "mews_customer",
    "Company": "mews_company",
    "Bill": "mews_bill",
    "LedgerEntry": "mews_ledger_entry",
}
GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
DAYS: Final = {"PostingDate", "BirthDate"}
JANUARY: Final = Window(start=datetime(2016, 1, 1, tzinfo=UTC), end=datetime(2016, 2, 1, tzinfo=UTC))
"""Enough rows of the large tenant; of the small one all are looked at."""

Json = str | int | Decimal | bool | None | list["Json"] | dict[str, "Json"]


@dataclass(frozen=True)
class Described:
    """A member as the layouts describe it."""

    name: str
    type: str
    optional: bool
    many: bool
    most: int | None
    deprecated: bool


def definitions() -> dict[str, str]:
    joined = re.sub(r"\n    ", " ", LAYOUTS.strip())
    return dict(line.split(" = ", 1) for line in joined.splitlines())


DEFINED: Final = definitions()
WRITTEN: Final = re.compile(
    r"(?P<name>\w+)(?P<optional>\?)?(?::(?P<many>\[\])?(?P<type>[^\[(]+?(?: \(ver [^)]*\))?))?"
    r"(?:\[≤(?P<most>\d+)\])?(?P<deprecated> \(deprecated\))?"
)


def described(layout: str) -> list[Described]:
    found = []
    for written in DEFINED[layout].split(", "):
        match = WRITTEN.fullmatch(written)
        assert match, written
        found.append(
            Described(
                name=match["name"],
                type=(match["type"] or "string").strip(),
                optional=bool(match["optional"]),
                many=bool(match["many"]),
                most=int(match["most"]) if match["most"] else None,
                deprecated=bool(match["deprecated"]),
            )
        )
    return found


@pytest.fixture(scope="module")
def chosen(demo_settings: Settings, demo_file: Path) -> Settings:
    assert f"sqlite:///{demo_file}" in {one.url for one in demo_settings.sources.values()}
    return demo_settings


def lines(chosen: Settings, dataset: str, tenant: str, window: Window | None = None) -> list[bytes]:
    found = {one.name: one for one in settings.datasets(chosen)}[dataset]
    account = {str(one.id): one for one in settings.tenants(chosen)}[tenant]
    scope = {dimension: account.scope[dimension] for dimension in found.scope}
    query = Query(dataset=found, fields=found.fields, where=(), window=window, scope=scope)
    return asyncio.run(_read(chosen, query))


async def _read(chosen: Settings, query: Query) -> list[bytes]:
    chunks: list[bytes] = []

    async def keep(chunk: bytes) -> None:
        chunks.append(chunk)

    source = open_sources(chosen)[query.dataset.source]
    async with source.read() as reading:
        rows = await reading.copy(query, JsonLayout(), keep)
    found = b"".join(chunks).splitlines()
    assert len(found) == rows
    return found


def entities(chosen: Settings, entity: str) -> Iterator[dict[str, Json]]:
    for line in (
        *lines(chosen, ENTITIES[entity], "costa", JANUARY),
        *lines(chosen, ENTITIES[entity], "alpine"),
    ):
        yield json.loads(line, parse_float=Decimal)


@pytest.mark.parametrize("entity", ENTITIES)
def test_an_entity_is_laid_out_as_documented(chosen: Settings, entity: str) -> None:
    seen = 0
    for value in entities(chosen, entity):
        fits(value, entity, entity)
        seen += 1
    assert seen > 0


def fits(value: Json, layout: str, where: str) -> None:
    """Compare a document with its layout, members and all."""
    assert isinstance(value, dict), where
    members = described(layout)
    assert list(value) == [member.name for member in members], where
    for member in members:
        inner = value[member.name]
        place = f"{where}.{member.name}"
        if inner is None:
            assert member.optional, place
        elif member.many:
            assert isinstance(inner, list), place
            assert len(inner) <= (member.most or len(inner)), place
            for one in inner:
                suits(one, member, place)
        else:
            suits(inner, member, place)
            assert member.most is None or len(str(inner)) <= member.most, place
        assert not (member.deprecated and member.optional) or inner is None, place


def suits(value: Json, member: Described, where: str) -> None:
    """Compare a value with its type."""
    kind = "Account address" if member.type == "Address" else member.type
    kind = {"Extended amount": "Amount", "BillAddress": "Account address"}.get(kind, kind)
    defined = DEFINED.get(kind)
    if defined and defined.startswith("one of "):
        assert value in defined.removeprefix("one of ").split(", "), where
    elif defined:
        fits(value, kind, where)
    elif kind in ("num", "decimal"):
        assert isinstance(value, Decimal), where
    elif kind == "int":
        assert type(value) is int, where
    elif kind == "bool":
        assert type(value) is bool, where
    elif kind == "object":
        assert isinstance(value, dict), where
    else:
        assert kind == "string", f"{where}: {kind}"
        assert isinstance(value, str), where
        assert value != "", where
        written_as(value, member.name, where)


def written_as(value: str, name: str, where: str) -> None:
    """Instants, days and ids have one form each."""
    texts = ("SettlementId",)
    if name.endswith("Utc"):
        assert INSTANT.fullmatch(value), where
    elif name in DAYS:
        assert DAY.fullmatch(value), where
    elif (name == "Id" or name.endswith("Id")) and name not in texts:
        assert GUID.fullmatch(value), where


@pytest.mark.parametrize("entity", ENTITIES)
def test_the_configuration_lists_the_same_members(entity: str) -> None:
    sections: Mapping[str, object] = configuration("sqlite:///hotel.db")
    datasets = sections["datasets"]
    assert isinstance(datasets, dict)
    dataset = datasets[ENTITIES[entity]]
    assert list(dataset["fields"]) == [member.name for member in described(entity)]
    assert dataset["key"] == dataset["order"] == ["Id"]
    assert dataset["change"] == ("CreatedUtc" if entity == "LedgerEntry" else "UpdatedUtc")
    assert list(dataset["scope"]) == ["chain" if entity in ("Customer", "Company") else "enterprise"]
    filtered = {name: field["filter"] for name, field in dataset["fields"].items() if "filter" in field}
    assert filtered == ({"PostingDate": ["ge", "le", "lt"]} if entity == "LedgerEntry" else {})
    assert not any("access" in field for field in dataset["fields"].values())


def test_the_layouts_hold_what_is_known_of_them() -> None:
    counts = {entity: len(described(entity)) for entity in ENTITIES}
    assert counts == {
        "Reservation": 40,
        "OrderItem": 31,
        "Payment": 25,
        "AvailabilityAdjustment": 14,
        "AvailabilityBlock": 30,
        "ResourceBlock": 12,
        "Customer": 46,
        "Company": 32,
        "Bill": 35,
        "LedgerEntry": 15,
    }


def test_a_window_takes_its_start_and_not_its_end(chosen: Settings) -> None:
    moments = [json.loads(line)["UpdatedUtc"] for line in lines(chosen, "mews_reservation", "costa", JANUARY)]
    assert moments
    assert all("2016-01-01T00:00:00Z" <= moment < "2016-02-01T00:00:00Z" for moment in moments)
