"""Names, streets and companies of several peoples, among them texts that break careless readers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from offtake.demo.emarsys.countries import country

MALE, FEMALE = "1", "2"
City = tuple[str, str | None, str | None, str]
"""A city, its state, its postal code and the choice of its country."""


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """A people: `language` is its choice, `dial` what its telephone numbers begin with."""

    language: str
    dial: str
    men: tuple[str, ...]
    women: tuple[str, ...]
    last: tuple[str | None, ...]
    streets: tuple[str | None, ...]
    cities: tuple[City, ...]


def _cities(name: str, *cities: tuple[str, str | None, str | None]) -> tuple[City, ...]:
    number = country(name)
    return tuple((city, state, code, number) for city, state, code in cities)


PEOPLES: Final[Mapping[str, People]] = {
    "english": People(
        language="1", dial="+44 20 7946 ",
        men=("John", "William", "Oliver", "Seán", "James", "T. J.", "Null"),
        women=("Mary", "Zoë", "Emma", "Siobhán", "Renée", "Anne Marie", "True"),
        last=(
            "Smith", "O'Neill", "MacDonald", "Taylor", "Null", "Brontë", "Fitz-Gerald", 'Jones "JJ"',
            "Lee, Jr.", None,
        ),
        streets=(
            "12 High Street", "Flat 3, 41 King's Road", "The Old Mill\nMill Lane", "7 St. Mary's Close; rear entrance",
            'Rose Cottage, "Upper" Green', "PO Box 1", None, "",
        ),
        cities=(
            *_cities("United Kingdom", ("London", None, "SW1A 1AA"), ("Leeds", "West Yorkshire", "LS1 4AP")),
            *_cities("Ireland", ("Dublin", None, "D02 X285")),
            *_cities("United States", ("New York", "NY", "10001"), ("Winston-Salem, NC", "North Carolina", "27101")),
            *_cities("Australia", ("Melbourne", "VIC", "3000")),
            *_cities("Côte d'Ivoire", ("Abidjan", None, None)),
        ),
    ),
    "german": People(
        language="2", dial="+43 1 ",
        men=("Jürgen", "Björn", "Hans-Peter", "Sören", "Jörg", "Maximilian", "Uwe"),
        women=("Käthe", "Änne", "Silke", "Grit", "Jacqueline", "Ana-Lena", "Heidi"),
        last=("Müller", "Weiß", "Schröder", "Müller-Lüdenscheidt", "von Grün", "Öttinger", "Groß", "Huber", "Straßer"),
        streets=(
            "Mariahilfer Straße 1/2/15", "Am Graben 7, Tür 4", "Hauptstr. 12\r\nHinterhaus",
            "Nußdorfer Str. 8; Stiege 2",
            'Hof "Zur Gams"', "Bergstraße 99", None,
        ),
        cities=(
            *_cities("Austria", ("Wien", None, "1010"), ("Graz", "Steiermark", "8010"), ("Sankt Pölten", "NÖ", "3100")),
            *_cities("Germany", ("München", "Bayern", "80331"), ("Köln", "NRW", "50667")),
            *_cities("Germany", ("Dresden", "Sachsen", "01067")),
            *_cities("Switzerland", ("Zürich", "ZH", "8001")),
            *_cities("Liechtenstein", ("Vaduz", None, "9490")),
        ),
    ),
    "hungarian": People(
        language="3", dial="+36 1 ",
        men=("László", "Győző", "Ödön", "Zsolt", "Béla", "Ábel"),
        women=("Ágnes", "Tünde", "Erzsébet", "Gyöngyi", "Zsófia", "Őrsi"),
        last=("Szőke", "Nagy", "Kovács", "Tóth", "Székely-Űr", "Hegedűs", "Özvegy Kiss Pálné", "Cs. Szabó"),
        streets=(
            "Fő utca 1. II/3.", "Árpád út 22, fszt.", "Petőfi tér 4\n3. emelet",
            "Rákóczi út 70-72; „A” lépcsőház", None,
        ),
        cities=_cities(
            "Hungary", ("Budapest", None, "1051"), ("Győr", "Győr-Moson-Sopron", "9021"), ("Pécs", "Baranya", "7621")
        ),
    ),
    "french": People(
        language="4", dial="+33 1 99 00 ",
        men=("François", "Jean-Luc", "Loïc", "Benoît"), women=("Chloé", "Hélène", "Anaïs", "Agnès"),
        last=("Lefèvre", "d'Aubigné", "Le Goff", "L'Hermite", "Bérénger, née Roy"),
        streets=("12, rue de l'Église", "8 bis, bd Saint-Germain", None),
        cities=_cities("France", ("Paris", "Île-de-France", "75001"), ("Aix-en-Provence", "PACA", "13100")),
    ),
    "greek": People(
        language="5", dial="+30 21 ",
        men=("Γιώργος", "Δημήτρης", "Άρης"), women=("Ελένη", "Σοφία", "Ήρα"),
        last=("Παπαδόπουλος", "Νικολάου", "Αγγελή", "Ξένος"),
        streets=("Ερμού 5", "Λεωφ. Κηφισίας 44, 3ος όροφος", None),
        cities=(
            *_cities("Greece", ("Αθήνα", "Αττική", "105 63"), ("Θεσσαλονίκη", None, "546 24")),
            *_cities("Cyprus", ("Λευκωσία", None, "1010")),
        ),
    ),
    "ukrainian": People(
        language="6", dial="+380 44 ",
        men=("Олександр", "Їжак", "Пётр"), women=("Олена", "Євгенія", "Юлія"),
        last=("Шевченко", "Коваль", "Иванов", "Щербак-Ґедзь"),
        streets=("вул. Хрещатик, 1", "просп. Свободи 12; під'їзд 2", None),
        cities=_cities("Ukraine", ("Київ", None, "01001"), ("Львів", "Львівська обл.", "79000")),
    ),
    "japanese": People(
        language="7", dial="+81 3 ",
        men=("太郎", "健一", "翔"), women=("花子", "さくら", "美咲"), last=("山田", "佐藤", "髙橋", "𠮷野"),
        streets=("丸の内1丁目1番", "北区\n西3-2", None),
        cities=_cities("Japan", ("東京", "東京都", "100-0005"), ("札幌", "北海道", "060-0001")),
    ),
    "portuguese": People(
        language="8", dial="+351 21 ",
        men=("João", "António", "=SUM(A1:A9)"), women=("Inês", "Conceição", "+Maria"),
        last=("Silva", "Gonçalves", "Costa, Filho", 'Sousa "Zé"', "d'Almeida", "-1", "@home", ""),
        streets=("Rua da Sé, 3 – 2.º Dto.", 'Quinta "Vista; Mar"\r\nPorta 2', "=1+1", None),
        cities=(
            *_cities("Portugal", ("Lisboa", None, "1100-148"), ("Faro", "Algarve", "8000-076")),
            *_cities("Brazil", ("São Paulo", "SP", "01000-000")),
        ),
    ),
}  # fmt: skip
"""By a name of ours."""

COMPANIES: Final = (
    "Müller & Söhne GmbH", 'Viagens "Sol e Mar", Lda.', "O'Brien Travel Ltd", "Cortiça do Sul, S.A.", "Søren & Åse ApS",
    "=Equal Partners=", "Magyar Utazás Kft.", "Peña; Ibáñez y Cía.", "L'Étoile du Nord SARL", "1e5 Logistics",
    "ООО «Ромашка»", "株式会社山田", "Τ.Ε.Ι. Πειραιά", "", "NULL",
)  # fmt: skip
INTERESTS: Final = ("Skiing", "Golf, tennis", "Wellness", "Wellness;Golf", "Wein & Käse", "Family\nKids", "Síelés", "")
REMARKS: Final = (
    "Late arrival", "Quiet room;\nnot next to the lift", 'Said: "as last year"', "+43 call before", "C:\\guests\\new",
    "Két kulcs,\r\nparkoló", "\\N", " ", "-", "Allergie: Nüsse, Milch, \"Gluten\"", "", "🌊 Meerblick",
)  # fmt: skip
ADDRESSED: Final = ("Herr Doktor", "Frau Mag.ª", "gnädige Frau", "Du, bitte", '"Chef"', "")
