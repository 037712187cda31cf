"""What clients look up before they ask for an export: fields, choices, forms, sources, lists, languages, settings."""

from collections.abc import Sequence
from dataclasses import dataclass

from offtake.core.dataset import Field
from offtake.core.tenant import Principal
from offtake.service.house import House
from offtake.web.dialects.emarsys import paths
from offtake.web.dialects.emarsys.fields import application_type, contact_fields, string_id, title
from offtake.web.dialects.emarsys.options import FALLBACK, LANGUAGES, Account, Options
from offtake.web.dialects.emarsys.problem import refuse
from offtake.web.message import Request

Told = object
"""What stands in `data`."""


@dataclass(frozen=True, slots=True)
class LookUps:
    """The operations, as the options make them."""

    options: Options

    def settings(self, house: House, principal: Principal, request: Request) -> Told:
        """The account."""
        account = self._account(principal)
        return {
            "environment": account.environment,
            "timezone": account.zone,
            "name": account.name or principal.tenant.name,
            "password_history_queue_size": 0,
            "country": account.country,
        }

    def fields(self, house: House, principal: Principal, request: Request) -> Told:
        """The contact fields, their names in a language."""
        language = self._language(principal, request)
        return [
            {
                "id": one.name,
                "name": title(one, language),
                "application_type": application_type(one),
                "string_id": string_id(one),
            }
            for one in self._fields(house, principal)
        ]

    def choices(self, house: House, principal: Principal, request: Request) -> Told:
        """The choices of a field, in a language."""
        return _choices(self._field(house, principal, request.values["id"]), self._language(principal, request))

    def choices_of_many(self, house: House, principal: Principal, request: Request) -> Told:
        """The choices of several fields, in a language."""
        given = paths.members(request)
        language = self._checked(given.get("language") or self._account(principal).language)
        wanted = [one.strip() for one in given.get("fields", "").split(",") if one.strip()]
        return {one: _choices(self._field(house, principal, one), language) for one in wanted}

    def forms(self, house: House, principal: Principal, request: Request) -> Told:
        """The forms."""
        return [{"id": self._id(one), "type": kind} for one, kind in self._account(principal).forms.items()]

    def sources(self, house: House, principal: Principal, request: Request) -> Told:
        """The API sources."""
        return [{"id": self._id(one), "name": name} for one, name in self._account(principal).sources.items()]

    def contact_lists(self, house: House, principal: Principal, request: Request) -> Told:
        """The contact lists."""
        return [
            {"id": number, "name": one.name, "created": one.created, "type": one.type}
            for number, one in self._account(principal).contact_lists.items()
        ]

    def contact_list_count(self, house: House, principal: Principal, request: Request) -> Told:
        """How many contacts a list has."""
        found = self._account(principal).contact_lists.get(request.values["id"])
        if found is None:
            raise refuse("Invalid data format for contactlist. Integer expected")
        return found.count

    def segments(self, house: House, principal: Principal, request: Request) -> Told:
        """The segments."""
        return [{"id": number, "name": name} for number, name in self._account(principal).segments.items()]

    def languages(self, house: House, principal: Principal, request: Request) -> Told:
        """The languages, by code."""
        self._language(principal, request)
        return [{"id": code, "language": LANGUAGES[code]} for code in sorted(LANGUAGES)]

    def _account(self, principal: Principal) -> Account:
        return self.options.account(principal.tenant.id)

    def _id(self, number: str) -> str | int:
        return int(number) if self.options.integer_ids and number.isdecimal() else number

    def _fields(self, house: House, principal: Principal) -> Sequence[Field]:
        return contact_fields(house.datasets.get(self.options.dataset), principal)

    def _field(self, house: House, principal: Principal, number: str) -> Field:
        found = next((one for one in self._fields(house, principal) if one.name == number), None)
        if found is None:
            raise refuse(f"Invalid contact field id: {number}")
        return found

    def _language(self, principal: Principal, request: Request) -> str:
        return self._checked(request.values.get("language") or self._account(principal).language)

    def _checked(self, code: str) -> str:
        if code.lower() not in LANGUAGES:
            raise refuse("Invalid language code", code=1002)
        return code.lower()


def _choices(field: Field, language: str) -> Told:
    return [
        {"id": value, "choice": labels.get(language) or labels.get(FALLBACK) or value, "bit_position": number}
        for number, (value, labels) in enumerate(field.choices.items(), start=1)
    ]
