"""The datasets: SELECTs whose rows are documents, and one of customer ids."""

from dataclasses import replace
from typing import Final

from offtake.core.dataset import FieldType
from offtake.demo.mypreferences.columns import BY_TENANT, JSON, PROFILE, TEXT, text
from offtake.demo.tables import Column, Parameter, Prepared
from offtake.demo.writing import Writing

DOCUMENT: Final = "row"
FIRST: Final = "0001-01-01T00:00:00Z"
LAST: Final = "9999-12-31T00:00:00Z"


def _list(name: str, about: str) -> Parameter:
    return Parameter(name=name, type=TEXT, many=True, about=about)


def _moment(name: str, about: str, default: str) -> Parameter:
    return Parameter(name=name, type=FieldType.TIMESTAMP, about=about, default=default)


def _changed(words: Writing) -> str:
    """Which preferences. An empty list is null in SQL, of which nobody knows whether a channel is in it: all are
    taken."""
    return f"""coalesce({words.lower("p.channel")} IN (:channels), TRUE)
          AND p.last_modified >= :modified_from AND p.last_modified < :modified_to"""


def _of_customers(words: Writing) -> str:
    return f"p.cid IN (:cids) AND {_changed(words)}"


OF_SEGMENT: Final = """:segment <> '' AND EXISTS (
            SELECT 1 FROM segment_members m
            WHERE m.account = p.account AND m.profile_id = p.profile_id AND m.segment = :segment
        )"""

PARAMETERS: Final = (
    _list("cids", "The customers' ids."),
    _list("channels", "Only these channels, in lower case; none stands for all."),
    _moment("modified_from", "Last changed at this instant or later.", FIRST),
    _moment("modified_to", "Last changed before this instant.", LAST),
)
SEGMENT: Final = Parameter(
    name="segment", type=TEXT, default="", about="A segment, where it is asked for and nothing else is."
)
CID: Final = text("cid", "The customer's id.")
CHOSEN: Final = f"""SELECT p.account, p.document AS "{DOCUMENT}", p.cid, p.program, p.channel
        FROM preference_documents p"""  # noqa: S608 — our own names

PREFERENCES: Final = Prepared(
    name="preferences",
    title="Preferences",
    about="Preferences of customers, each as one document.",
    sql=lambda words: (
        f"""
        {CHOSEN}
        WHERE {_of_customers(words)}
        UNION ALL
        {CHOSEN}
        WHERE {OF_SEGMENT} AND {_changed(words)}
    """
    ),
    parameters=(*PARAMETERS, SEGMENT),
    scope=BY_TENANT,
    key=("cid", "program", "channel"),
    document=DOCUMENT,
    columns=(
        Column(name=DOCUMENT, type=JSON, about="The preference."),
        CID,
        text("program", "What it is about."),
        text("channel", "How the customer is reached."),
    ),
)
CUSTOMERS: Final = Prepared(
    name="preference_customers",
    title="Customers with preferences",
    about="The ids of those of the customers who have such preferences.",
    sql=lambda words: (
        f"""
        SELECT DISTINCT p.account, p.cid
        FROM preference_documents p
        WHERE {_of_customers(words)}
    """  # noqa: S608 — our own names
    ),
    parameters=PARAMETERS,
    scope=BY_TENANT,
    key=("cid",),
    columns=(CID,),
)
PROFILES: Final = Prepared(
    name="profiles",
    title="Profiles",
    about="Profiles of a segment or a group of segments with all that belongs to them, each as one document.",
    sql=lambda _: f"""
        SELECT p.account, p.document AS "{DOCUMENT}", p.profile_id
        FROM profile_documents p
        WHERE p.edited_at > :edited_after AND ({OF_SEGMENT} OR EXISTS (
            SELECT 1 FROM segment_members m
            JOIN segment_groups g ON g.account = m.account AND g.segment = m.segment
            WHERE m.account = p.account AND m.profile_id = p.profile_id AND g.name = :segment_group
        )) AND (
            :criteria = ''
            OR :criteria = 'ProfileId' AND CAST(p.profile_id AS text) IN (:match_values)
                AND (:match_type = '' OR p.customer_type = :match_type)
            OR :criteria = 'AlternateId' AND EXISTS (
                SELECT 1 FROM alternate_ids a
                WHERE a.account = p.account AND a.profile_id = p.profile_id AND a.value IN (:match_values)
                    AND (:match_type = '' OR a.type = :match_type)
            )
            OR :criteria = 'PhoneNumber' AND EXISTS (
                SELECT 1 FROM profile_phones n
                WHERE n.account = p.account AND n.profile_id = p.profile_id AND n.digits IN (:match_values)
                    AND (:match_type = '' OR n.type = :match_type)
            )
            OR :criteria = 'EmailAddress' AND EXISTS (
                SELECT 1 FROM profile_emails e
                WHERE e.account = p.account AND e.profile_id = p.profile_id AND e.lower IN (:match_values)
                    AND (:match_type = '' OR e.type = :match_type)
            )
        )
    """,  # noqa: S608 — our own names
    parameters=(
        Parameter(
            name="segment_group", type=TEXT,
            about="The group; a profile of any of its segments is in it. Empty where a segment is asked for.",
        ),
        SEGMENT,
        _moment("edited_after", "Only those that changed after this instant.", FIRST),
        Parameter(
            name="criteria", type=TEXT, default="",
            about="Only those that one of match_values is of: ProfileId, AlternateId, PhoneNumber or EmailAddress.",
        ),
        Parameter(
            name="match_type", type=TEXT, default="",
            about="The type that the value must be of; with ProfileId that of the customer.",
        ),
        _list("match_values", "Ids as they are, numbers as digits, e-mail addresses in lower case."),
    ),
    scope=BY_TENANT,
    key=("profile_id",),
    document=DOCUMENT,
    columns=(
        Column(name=DOCUMENT, type=JSON, about="The profile."),
        replace(PROFILE, about="The profile's id."),
    ),
)  # fmt: skip
