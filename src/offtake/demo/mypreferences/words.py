"""Names, streets and notes of several peoples, among them texts that break careless readers."""

from dataclasses import dataclass
from typing import Final

from offtake.demo.hotel.words import FIRST_NAMES, LAST_NAMES, ODD_NAMES

City = tuple[str, str | None, str | None]
"""A city, its state or province and its postal code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """A people: its country, ISO 3166 alpha-2, and what its telephone numbers begin with."""

    country: str
    dial: str
    first: tuple[str, ...]
    last: tuple[str, ...]
    streets: tuple[str, ...]
    cities: tuple[City, ...]


PEOPLES: Final = (
    People(
        country="US", dial="+1 (212) 5", first=FIRST_NAMES["en"], last=LAST_NAMES["en"],
        streets=("350 5th Ave", "12 O'Hare Dr, Apt. 3", 'Rose Cottage, "Upper" Green', "PO Box 1"),
        cities=(("New York", "NY", "10001"), ("Winston-Salem, NC", "NC", "27101"), ("Chicago", "IL", "60601")),
    ),
    People(
        country="GB", dial="+44 20 79", first=FIRST_NAMES["en"], last=(*LAST_NAMES["en"], *ODD_NAMES),
        streets=("12 High Street", "Flat 3, 41 King's Road", "The Old Mill\nMill Lane"),
        cities=(("London", None, "SW1A 1AA"), ("Leeds", "West Yorkshire", "LS1 4AP")),
    ),
    People(
        country="PT", dial="+351 210", first=FIRST_NAMES["pt"], last=(*LAST_NAMES["pt"], "Costa, Filho", ""),
        streets=("Rua da Sé, 3 – 2.º Dto.", 'Quinta "Vista; Mar"\r\nPorta 2'),
        cities=(("Lisboa", None, "1100-148"), ("Faro", "Algarve", "8000-076")),
    ),
    People(
        country="AT", dial="+43 1 999 ", first=FIRST_NAMES["de"], last=LAST_NAMES["de"],
        streets=("Mariahilfer Straße 1/2/15", 'Hof "Zur Gams"', "Nußdorfer Str. 8; Stiege 2"),
        cities=(("Wien", None, "1010"), ("Sankt Pölten", "NÖ", "3100")),
    ),
    People(
        country="ES", dial="+34 910", first=FIRST_NAMES["es"], last=LAST_NAMES["es"],
        streets=("C/ Mayor, 5, 3.º izda.", "Paseo de Gracia 100"),
        cities=(("Madrid", None, "28001"), ("La Coruña", "Galicia", "15001")),
    ),
    People(
        country="GR", dial="+30 2105", first=("Γιώργος", "Ελένη", "Δημήτρης", "Ήρα"),
        last=("Παπαδόπουλος", "Νικολάου", "Ξένος"), streets=("Ερμού 5", "Λεωφ. Κηφισίας 44, 3ος όροφος"),
        cities=(("Αθήνα", "Αττική", "105 63"), ("Θεσσαλονίκη", None, "546 24")),
    ),
    People(
        country="JP", dial="+81 3 05", first=("太郎", "花子", "さくら"), last=("山田", "佐藤", "髙橋", "𠮷野"),
        streets=("丸の内1丁目1番", "北区\n西3-2"),
        cities=(("東京", "東京都", "100-0005"), ("札幌", "北海道", "060-0001")),
    ),
)  # fmt: skip
OFTEN: Final = (6, 4, 5, 4, 2, 1, 1)
"""How many customers are of a people, beside the others."""

PREFIXES: Final = ("Mr", "Ms", "Mr", "Ms", "Dr", "Mag.ª", "", None, None)
MIDDLES: Final = ("J.", "Maria", "de", 'The "Rock"', "", *(None,) * 12)
SUFFIXES: Final = ("Jr.", "III", "PhD, MD", "", *(None,) * 20)
REASONS: Final = ("", "Moved", 'Said: "stop"', "Vertragsende; Kündigung", "C:\\import\\2024", *(None,) * 15)
USERS: Final = ("api.user", "web/preference-center", 'till "Front desk"', "O'Neill", "import", "Müller.Änne")
SOURCES: Final = ("WEB", "APP", "CALL CENTER", "IMPORT", "TILL")
"""Where a change came from."""

CONSENTS: Final = ("Terms", "Profiling", "Third parties, EU", "Datenschutz")
FIELDS: Final = {
    "Region": ("East", "West", "Süd", "", None),
    "Room": ("sea view", 'quiet, "not" near the lift', "top\nfloor"),
    "Points": ("0", "000120", "45210"),
    "Note": ("Late arrival", "C:\\guests\\new", "🌊 Meerblick", " ", "NULL"),
}
"""Custom fields, with what they hold."""

GROUPS: Final = ('["Families"]', '["Golf, tennis","Families"]', *("[]",) * 6)
TAGS: Final = ('["vip"]', '["éphémère","\\"test\\""]', *("[]",) * 9)
