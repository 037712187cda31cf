"""The fields of a contact: those that every account has, and a dozen that these accounts made themselves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from offtake.core.dataset import FieldType, Op
from offtake.demo.emarsys import choices as of
from offtake.demo.emarsys.choices import Texts, numbered
from offtake.demo.emarsys.countries import COUNTRIES
from offtake.demo.tables import Column

TEXT, INTEGER, DECIMAL = FieldType.TEXT, FieldType.INTEGER, FieldType.DECIMAL
DATE, TIMESTAMP = FieldType.DATE, FieldType.TIMESTAMP
SHORT, LONG, FAX, URL, INTERESTS = "shorttext", "longtext", "fax", "url", "interests"
NUMERIC, SPECIAL, CHOICE, BIRTH, DAY = "numeric", "special", "singlechoice", "birthdate", "date"
TYPES: Final[Mapping[str, FieldType]] = {NUMERIC: INTEGER, BIRTH: DATE, DAY: DATE}
"""Of the kinds that are no text where nothing else is said."""

LISTED: Final = (Op.EQ, Op.IN)
"""What may be asked of a field with choices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactField:
    """A field, with its name in English, German and Hungarian. One with an `owner` is of that account alone."""

    id: int
    kind: str
    names: Texts
    type: FieldType
    choices: Mapping[str, Texts] = field(default_factory=dict)
    owner: str | None = None

    @property
    def stored_as(self) -> str:
        """The column of the table that holds it."""
        return f"f{self.id}"

    def column(self) -> Column:
        """The field as customers see it."""
        en, de, hu = self.names
        return Column(
            name=str(self.id),
            type=self.type,
            about=f"Field {self.id} of a contact, of the kind {self.kind}.",
            en=en,
            de=de,
            hu=hu,
            nullable=True,
            choices=self.choices,
            filter=LISTED if self.choices else False,
            access=(grant(self.owner),) if self.owner else (),
        )


def grant(account: str) -> str:
    """What an account holds to see the fields that are its own."""
    return f"{account}-contacts"


def _field(
    number: int,
    kind: str,
    *names: str,
    kept: FieldType | None = None,
    choices: tuple[Texts, ...] = (),
    owner: str | None = None,
) -> ContactField:
    en, de, hu = names
    return ContactField(
        id=number, kind=kind, names=(en, de, hu), type=kept or TYPES.get(kind, TEXT), choices=numbered(choices),
        owner=owner,
    )  # fmt: skip


SYSTEM: Final = (
    _field(0, INTERESTS, "Interests", "Interessen", "Érdeklődési körök"),
    _field(1, SHORT, "First Name", "Vorname", "Keresztnév"),
    _field(2, SHORT, "Last Name", "Nachname", "Vezetéknév"),
    _field(3, LONG, "E-Mail", "E-Mail", "E-mail"),
    _field(4, BIRTH, "Date of Birth", "Geburtsdatum", "Születési dátum"),
    _field(5, CHOICE, "Gender", "Geschlecht", "Nem", choices=of.GENDER),
    _field(6, CHOICE, "Marital Status", "Familienstand", "Családi állapot", choices=of.MARITAL),
    _field(7, CHOICE, "Children", "Kinder", "Gyermekek", choices=of.CHILDREN),
    _field(8, CHOICE, "Education", "Ausbildung", "Végzettség", choices=of.EDUCATION),
    _field(9, CHOICE, "Title", "Titel", "Titulus", choices=of.TITLE),
    _field(10, LONG, "Address", "Adresse", "Cím"),
    _field(11, SHORT, "City", "Ort", "Város"),
    _field(12, SHORT, "State", "Bundesland", "Megye"),
    _field(13, SHORT, "ZIP Code", "PLZ", "Irányítószám"),
    _field(14, CHOICE, "Country", "Land", "Ország", choices=COUNTRIES),
    _field(15, SHORT, "Phone", "Telefon", "Telefon"),
    _field(16, FAX, "Fax", "Fax", "Fax"),
    _field(17, CHOICE, "Job Position", "Position", "Beosztás", choices=of.JOB),
    _field(18, LONG, "Company", "Firma", "Cég"),
    _field(19, CHOICE, "Department", "Abteilung", "Részleg", choices=of.DEPARTMENT),
    _field(20, CHOICE, "Industry", "Branche", "Iparág", choices=of.INDUSTRY),
    _field(21, SHORT, "Phone (office)", "Telefon (Büro)", "Telefon (iroda)"),
    _field(22, FAX, "Fax (office)", "Fax (Büro)", "Fax (iroda)"),
    _field(23, CHOICE, "Number of Employees", "Anzahl der Beschäftigten", "Alkalmazottak száma", choices=of.EMPLOYEES),
    _field(
        24, CHOICE, "Annual Revenue (in 000 EUR)", "Jahresumsatz (in 1000 EUR)", "Éves árbevétel (ezer EUR)",
        choices=of.REVENUE,
    ),
    _field(25, URL, "URL", "URL", "URL"),
    _field(
        26, CHOICE, "Preferred e-mail format", "Bevorzugtes E-Mail-Format", "Kedvelt e-mail-formátum",
        choices=of.MAIL_FORMAT,
    ),
    _field(
        27, SPECIAL, "Avg. length of visit (minutes)", "Durchschnittliche Besuchsdauer (Minuten)",
        "Látogatás átlagos hossza (perc)", kept=DECIMAL,
    ),
    _field(28, SPECIAL, "Page views per day", "Seitenaufrufe pro Tag", "Napi oldalletöltések", kept=INTEGER),
    _field(
        29, SPECIAL, "Days since last e-mail sent", "Tage seit der letzten E-Mail", "Az utolsó e-mail óta eltelt napok",
        kept=INTEGER,
    ),
    _field(
        30, SPECIAL, "Response rate (% of campaigns sent)", "Antwortrate (% der gesendeten Kampagnen)",
        "Válaszadási arány (az elküldött kampányok %-a)", kept=DECIMAL,
    ),
    _field(31, SPECIAL, "Opt-In", "Opt-in", "Feliratkozás", choices=of.TRUTH),
    _field(32, SPECIAL, "User status", "Benutzerstatus", "Felhasználói állapot", choices=of.STATUS),
    _field(33, SPECIAL, "Contact source", "Kontaktquelle", "Kapcsolat forrása", kept=INTEGER),
    _field(34, SPECIAL, "Contact form", "Kontaktformular", "Kapcsolati űrlap", kept=INTEGER),
    _field(
        35, CHOICE, "Registration Language", "Registrierungssprache", "Regisztráció nyelve", choices=of.LANGUAGE
    ),
    _field(36, SPECIAL, "Newsletter", "Newsletter", "Hírlevél", choices=of.TRUTH),
    _field(37, SHORT, "Mobile", "Mobiltelefon", "Mobiltelefon"),
    _field(38, SHORT, "First Name of Partner", "Vorname des Partners", "Partner keresztneve"),
    _field(39, BIRTH, "Birthdate of Partner", "Geburtsdatum des Partners", "Partner születési dátuma"),
    _field(40, DAY, "Anniversary", "Jahrestag", "Évforduló"),
    _field(41, LONG, "Company Address", "Firmenadresse", "Cég címe"),
    _field(42, SHORT, "Zip Code (office)", "PLZ (Büro)", "Irányítószám (iroda)"),
    _field(43, SHORT, "City (office)", "Ort (Büro)", "Város (iroda)"),
    _field(44, SHORT, "State (office)", "Bundesland (Büro)", "Megye (iroda)"),
    _field(45, CHOICE, "Country (office)", "Land (Büro)", "Ország (iroda)", choices=COUNTRIES),
    _field(46, CHOICE, "Salutation", "Anrede", "Megszólítás", choices=of.SALUTATION),
    _field(47, SPECIAL, "E-Mail valid", "E-Mail gültig", "E-mail érvényes", choices=of.TRUTH),
    _field(
        48, SPECIAL, "Date of first registration", "Datum der ersten Registrierung", "Első regisztráció dátuma",
        kept=TIMESTAMP,
    ),
)  # fmt: skip
CUSTOM: Final = (
    _field(106533, CHOICE, "Loyalty Level", "Treuestufe", "Hűségszint", choices=of.LEVEL),
    _field(106534, NUMERIC, "Loyalty Points", "Treuepunkte", "Hűségpontok"),
    _field(106540, DAY, "Last Stay", "Letzter Aufenthalt", "Utolsó tartózkodás"),
    _field(106541, DAY, "Member Since", "Mitglied seit", "Tagság kezdete"),
    _field(106550, NUMERIC, "Revenue (EUR)", "Umsatz (EUR)", "Bevétel (EUR)", kept=DECIMAL),
    _field(106551, CHOICE, "Preferred Room", "Bevorzugtes Zimmer", "Kedvelt szoba", choices=of.ROOM),
    _field(106560, LONG, "Remarks, internal", "Bemerkungen, intern", "Megjegyzések, belső"),
    _field(106570, SHORT, "Gewünschte Anrede im Haus", "Gewünschte Anrede im Haus", "Gewünschte Anrede im Haus"),
    _field(107001, SHORT, "Beach Club Number", "Strandklubnummer", "Strandklub száma", owner="costa"),
    _field(
        107002, CHOICE, "Consent; third parties", "Einwilligung; Dritte", "Hozzájárulás; harmadik felek",
        choices=of.TRUTH, owner="costa",
    ),
    _field(107101, SHORT, "Ski Pass", "Skipass", "Síbérlet", owner="alpine"),
    _field(107102, NUMERIC, "Boot Size", "Schuhgröße", "Bakancsméret", kept=DECIMAL, owner="alpine"),
)  # fmt: skip
FIELDS: Final = (*SYSTEM, *CUSTOM)
"""By their ids."""
