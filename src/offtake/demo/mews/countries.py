"""Countries: the bookings write ISO 3166 alpha-3, the layouts alpha-2."""

from collections.abc import Mapping
from typing import Final

COUNTRIES: Final[Mapping[str, str]] = {
    "AGO": "AO", "ALB": "AL", "AND": "AD", "ARE": "AE", "ARG": "AR", "AUS": "AU", "AUT": "AT", "AZE": "AZ",
    "BEL": "BE", "BGR": "BG", "BLR": "BY", "BRA": "BR", "BWA": "BW", "CAF": "CF", "CHE": "CH", "CHL": "CL",
    "CHN": "CN", "CMR": "CM", "COL": "CO", "CPV": "CV", "CRI": "CR", "CYM": "KY", "CYP": "CY", "CZE": "CZ",
    "DEU": "DE", "DNK": "DK", "DZA": "DZ", "ESP": "ES", "EST": "EE", "FIN": "FI", "FRA": "FR", "GBR": "GB",
    "GEO": "GE", "GGY": "GG", "GIB": "GI", "GRC": "GR", "HKG": "HK", "HRV": "HR", "HUN": "HU", "IDN": "ID",
    "IND": "IN", "IRL": "IE", "IRN": "IR", "ISR": "IL", "ITA": "IT", "JAM": "JM", "JEY": "JE", "JPN": "JP",
    "KAZ": "KZ", "KOR": "KR", "KWT": "KW", "LBN": "LB", "LTU": "LT", "LUX": "LU", "LVA": "LV", "MAR": "MA",
    "MEX": "MX", "MOZ": "MZ", "MYS": "MY", "NGA": "NG", "NLD": "NL", "NOR": "NO", "NZL": "NZ", "OMN": "OM",
    "POL": "PL", "PRI": "PR", "PRT": "PT", "ROU": "RO", "RUS": "RU", "SMR": "SM", "SRB": "RS", "STP": "ST",
    "SVK": "SK", "SVN": "SI", "SWE": "SE", "TUN": "TN", "TUR": "TR", "TWN": "TW", "UKR": "UA", "URY": "UY",
    "USA": "US", "VEN": "VE", "ZAF": "ZA", "ZMB": "ZM", "ZWE": "ZW",
}  # fmt: skip
"""Every country that occurs in the bookings."""
