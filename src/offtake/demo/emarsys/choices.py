"""What a field with choices offers: a choice is stored as its number, and called otherwise in each language."""

from collections.abc import Mapping
from typing import Final

Texts = tuple[str, str, str]
"""In English, German and Hungarian."""

TRUTH: Final[tuple[Texts, ...]] = (("True", "Wahr", "Igaz"), ("False", "Falsch", "Hamis"))
GENDER: Final[tuple[Texts, ...]] = (("Male", "Männlich", "Férfi"), ("Female", "Weiblich", "Nő"))
MARITAL: Final[tuple[Texts, ...]] = (
    ("Single", "Ledig", "Egyedülálló"), ("Engaged", "Verlobt", "Jegyes"), ("Married", "Verheiratet", "Házas"),
    ("Divorced", "Geschieden", "Elvált"), ("Widowed", "Verwitwet", "Özvegy"),
)  # fmt: skip
CHILDREN: Final[tuple[Texts, ...]] = (
    ("None", "Keine", "Nincs"), ("1", "1", "1"), ("2", "2", "2"), ("3", "3", "3"),
    ("4 or more", "4 oder mehr", "4 vagy több"),
)  # fmt: skip
EDUCATION: Final[tuple[Texts, ...]] = (
    ("Primary school", "Grundschule", "Általános iskola"), ("Secondary school", "Matura, Abitur", "Érettségi"),
    ("Vocational training", "Lehre", "Szakképzés"), ("University", "Hochschule", "Egyetem, főiskola"),
    ("Doctorate", "Doktorat", "Doktori fokozat"),
)  # fmt: skip
TITLE: Final[tuple[Texts, ...]] = (
    ("Dr.", "Dr.", "Dr."), ("Prof.", "Prof.", "Prof."), ("Prof. Dr.", "Prof. Dr.", "Prof. Dr."),
    ("Engineer", "Dipl.-Ing.", "Okl. mérnök"), ("MBA", "MBA", "MBA"),
)  # fmt: skip
JOB: Final[tuple[Texts, ...]] = (
    ("Managing director", "Geschäftsführung", "Ügyvezető"),
    ("Head of department", "Abteilungsleitung", "Osztályvezető"),
    ("Employee", "Angestellte", "Alkalmazott"), ("Worker", "Arbeitskraft", "Munkás"),
    ("Self-employed", "Selbstständig", "Önálló vállalkozó"), ("Student", "In Ausbildung", "Tanuló"),
    ("Retired", "Im Ruhestand", "Nyugdíjas"), ("Other", "Sonstiges", "Egyéb"),
)  # fmt: skip
DEPARTMENT: Final[tuple[Texts, ...]] = (
    ("Management", "Geschäftsleitung", "Vezetőség"), ("Marketing", "Marketing", "Marketing"),
    ("Sales", "Vertrieb", "Értékesítés"), ("Purchasing", "Einkauf", "Beszerzés"), ("Finance", "Finanzen", "Pénzügy"),
    ("IT", "IT", "Informatika"), ("Human resources", "Personal", "Személyügy"), ("Other", "Sonstige", "Egyéb"),
)  # fmt: skip
INDUSTRY: Final[tuple[Texts, ...]] = (
    ("Automotive", "Automobil", "Autóipar"), ("Banking, insurance", "Banken, Versicherungen", "Bank, biztosítás"),
    ("Construction", "Bau", "Építőipar"), ("Education", "Bildung", "Oktatás"), ("Energy", "Energie", "Energia"),
    ("Health", "Gesundheit", "Egészségügy"), ("Media", "Medien", "Média"), ("Retail", "Handel", "Kereskedelem"),
    ("Tourism", "Tourismus", "Turizmus"), ("Transport", "Verkehr", "Közlekedés"), ("Other", "Sonstige", "Egyéb"),
)  # fmt: skip
EMPLOYEES: Final[tuple[Texts, ...]] = tuple(
    (size, size, size) for size in ("1-9", "10-49", "50-249", "250-999", "1000-4999", "5000+")
)
REVENUE: Final[tuple[Texts, ...]] = (
    ("less than 100", "unter 100", "100 alatt"), ("100-499", "100-499", "100-499"),
    ("500-4,999", "500-4.999", "500-4 999"), ("5,000-49,999", "5.000-49.999", "5 000-49 999"),
    ("50,000 and more", "ab 50.000", "50 000 felett"),
)  # fmt: skip
MAIL_FORMAT: Final[tuple[Texts, ...]] = (("HTML", "HTML", "HTML"), ("Text", "Nur Text", "Szöveg"))
STATUS: Final[tuple[Texts, ...]] = (
    ("Active", "Aktiv", "Aktív"), ("Inactive", "Inaktiv", "Inaktív"), ("Blocked", "Gesperrt", "Letiltva"),
)  # fmt: skip
LANGUAGE: Final[tuple[Texts, ...]] = (
    ("English", "Englisch", "Angol"), ("German", "Deutsch", "Német"), ("Hungarian", "Ungarisch", "Magyar"),
    ("French", "Französisch", "Francia"), ("Greek", "Griechisch", "Görög"), ("Ukrainian", "Ukrainisch", "Ukrán"),
    ("Japanese", "Japanisch", "Japán"), ("Portuguese", "Portugiesisch", "Portugál"),
)  # fmt: skip
SALUTATION: Final[tuple[Texts, ...]] = (
    ("Mr.", "Herr", "Úr"), ("Ms.", "Frau", "Hölgy"), ("Mrs.", "Frau", "Asszony"), ("Family", "Familie", "Család"),
)  # fmt: skip
LEVEL: Final[tuple[Texts, ...]] = (
    ("Bronze", "Bronze", "Bronz"), ("Silver", "Silber", "Ezüst"), ("Gold", "Gold", "Arany"),
    ("Platinum", "Platin", "Platina"),
)  # fmt: skip
ROOM: Final[tuple[Texts, ...]] = (
    ("Single", "Einzelzimmer", "Egyágyas"), ("Double", "Doppelzimmer", "Kétágyas"),
    ('Suite "Sea, sky"', 'Suite "Meer, Himmel"', 'Lakosztály: "Tenger, ég"'),
    ("Family; large", "Familie; groß", "Családi"),
)  # fmt: skip


def numbered(texts: tuple[Texts, ...]) -> Mapping[str, Texts]:
    """The choices by their numbers, from 1."""
    return {str(number): one for number, one in enumerate(texts, start=1)}
