"""Names and notes to draw from, among them those that break careless programs: quotes, commas, line breaks, umlauts,
the word NULL, texts that a spreadsheet would take for a formula or a number."""

from collections.abc import Mapping
from typing import Final

LANGUAGES: Final[Mapping[str, str]] = {
    "PRT": "pt", "BRA": "pt", "AGO": "pt", "MOZ": "pt", "CPV": "pt", "ESP": "es", "ARG": "es", "MEX": "es",
    "COL": "es", "CHL": "es", "FRA": "fr", "BEL": "fr", "LUX": "fr", "MAR": "fr", "DEU": "de", "AUT": "de",
    "CHE": "de", "ITA": "it",
}  # fmt: skip
"""The language of guests from a country; English for all others."""

FIRST_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "pt": ("João", "Maria", "António", "Inês", "José", "Conceição", "Rui", "Beatriz", "Tomás", "Luísa", "Ana Rita"),
    "es": ("José", "María", "Íñigo", "Begoña", "Carlos", "Lucía", "Andrés", "Núria", "Javier", "Elena"),
    "fr": ("François", "Chloé", "Jean-Luc", "Zoé", "René", "Hélène", "Loïc", "Anaïs", "Benoît", "Agnès"),
    "de": ("Jürgen", "Käthe", "Björn", "Änne", "Hans-Peter", "Sören", "Grit", "Uwe", "Silke", "Jörg"),
    "it": ("Niccolò", "Giulia", "Matteo", "Chiara", "Luca", "Noè", "Francesca", "Paolo", "Sara", "Davide"),
    "en": ("John", "Mary", "William", "Siobhán", "James", "Zoë", "Patrick", "Emma", "Oliver", "Renée", "Anne Marie"),
}

LAST_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "pt": ("Silva", "Santos", "Gonçalves", "Araújo", "Simões", "Brandão", "Conceição", "d'Almeida", "Leitão", "Pires"),
    "es": ("García", "Núñez", "Ibáñez", "Muñoz", "Peña", "López", "Ordóñez", "Cañizares", "Vázquez", "Gil"),
    "fr": ("Lefèvre", "d'Aubigné", "Müller", "Le Goff", "Bérénger", "L'Hermite", "Noël", "Françoise", "Duprés", "Roy"),
    "de": ("Müller", "Weiß", "Schröder", "Müller-Lüdenscheidt", "von Grün", "Jäger", "Köhler", "Groß", "Öttinger"),
    "it": ("Rossi", "Dell'Acqua", "D'Angelo", "Nicolò", "Bianchi", "Lo Curto", "Ferrari", "Conti", "Galli", "Riva"),
    "en": ("Smith", "O'Neill", "MacDonald", "O'Brien", "Taylor", "Null", "Jones", "True", "Brontë", "Fitz-Gerald"),
}

ODD_NAMES: Final = (
    "Costa, Filho",
    'Sousa "Zé"',
    'D\'Orey, "Conde"',
    "=SUM(A1:A9)",
    "  Lopes ",
    "Đặng",
    "Łukasiewicz",
    "李",
    "-1",
    "NULL",
    "Ünlü\tArslan",
)

COMPANIES: Final = (
    "Müller & Söhne GmbH",
    'Viagens "Sol e Mar", Lda.',
    "O'Brien Travel Ltd",
    "Cortiça do Sul, S.A.",
    "Søren & Åse ApS",
    "=Equal Partners=",
    "Atlântico Seguros",
    "Peña, Ibáñez y Cía.",
    "L'Étoile du Nord SARL",
    "1e5 Logistics",
    "Kaffee-Kontor Zürich AG",
    "Tejo Conferences",
)

NOTES: Final = (
    "Late arrival",
    "Baby cot, please",
    "Quiet room;\nnot next to the lift",
    'Said: "as last year"',
    'Allergy: nuts, milk, "gluten"',
    "Geburtstag während des Aufenthalts – Überraschung!",
    "+351 call before",
    "Two keys\r\nand a parking place",
    "Vista mar, se possível 🌊",
    "C:\\guests\\new",
    "\\N",
    '=HYPERLINK("http://example.com")',
    " ",
    "Early check-in\tif free",
)

REFERENCES: Final = ("000123", "12E5", "2016-02-30", "1,5", "0x1F")
