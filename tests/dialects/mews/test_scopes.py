"""Whose entities: the list that applies to a type, within the token's scope; it is shown as it was resolved."""

from collections.abc import Callable
from itertools import product

from offtake.core.export import ExportId
from offtake.testing.asgi import Answer, Client
from offtake.testing.house import Stage
from offtake.web.dialects.mews.options import Entity, Options

HOTELS = ["1f0e7c52-0a1b-4c55-9b0f-6a3d2f0a9c11", "7c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5"]
CHAINS = ["5b6a7988-1c2d-4e3f-9a4b-5c6d7e8f9a0b"]
FOREIGN = "c0ffee00-1111-4222-8333-444455556666"
NEVER = "00000000-0000-4000-8000-000000000000"

NOT_SCOPES: list[object] = [
    [],
    [FOREIGN],
    [NEVER],
    [HOTELS[0], FOREIGN],
    ["hotel"],
    [""],
    [None],
    [7],
    [[HOTELS[0]]],
    "hotel",
    7,
    {},
    [f"{{{HOTELS[0]}}}"],
    [HOTELS[0].replace("-", "")],
    [f"{HOTELS[0]}\n"],
    HOTELS[:1] * 1001,
]


def scope_of(answer: Answer) -> object:
    assert answer.status == 200, answer.body
    export = answer.json()["Export"]
    assert isinstance(export, dict)
    return export["Scope"]


def granted(stage: Stage, answer: Answer) -> object:
    """The scope that the worker will see."""
    with stage.control.reading() as tx:
        export = tx.exports.get(ExportId(answer.text("Export", "Id")), None)
    assert export is not None
    return export.request.selections[0].scope


def test_each_type_has_its_list_and_shows_the_tokens_ids(stage: Stage, post: Callable[..., Answer]) -> None:
    for entity in Entity:
        answer = post("add", EntityType=entity)
        if entity in ("Customer", "Company"):
            assert scope_of(answer) == {"EnterpriseIds": None, "ChainIds": CHAINS}
            assert granted(stage, answer) == {"chain": tuple(CHAINS)}
        else:
            assert scope_of(answer) == {"EnterpriseIds": HOTELS, "ChainIds": None}
            assert granted(stage, answer) == {"enterprise": tuple(HOTELS)}


def test_nulls_are_as_if_they_were_not_there(post: Callable[..., Answer]) -> None:
    types = ("Bill", "Payment", "OrderItem", "Reservation")
    scopes: tuple[object, ...] = (None, {}, {"EnterpriseIds": None}, {"EnterpriseIds": None, "ChainIds": None})
    for entity, scope in zip(types, scopes, strict=True):
        assert scope_of(post("add", EntityType=entity, Scope=scope)) == {"EnterpriseIds": HOTELS, "ChainIds": None}


def test_a_token_of_one_hotel_has_that(stage: Stage, post: Callable[..., Answer]) -> None:
    answer = post("add", token="hotel", EntityType="Bill")
    assert scope_of(answer) == {"EnterpriseIds": HOTELS[:1], "ChainIds": None}
    assert granted(stage, answer) == {"enterprise": tuple(HOTELS[:1])}
    other = post("add", token="hotel", EntityType="Payment", Scope={"EnterpriseIds": HOTELS})
    assert (other.status, other.text("Message")) == (400, "Invalid EnterpriseIds.")


def test_a_token_has_the_chains_of_its_hotels(
    stage: Stage, post: Callable[..., Answer], serve: Callable[[Options], Client]
) -> None:
    coast, hills, everywhere = CHAINS[0], FOREIGN, NEVER
    stage.tenant("seaside", {"enterprise": tuple(HOTELS), "chain": (coast, hills, everywhere)})
    to = serve(Options(chains={coast.upper(): (HOTELS[0].upper(),), hills: (HOTELS[1],)}))
    for token, chains in (("portfolio", [coast, hills, everywhere]), ("hotel", [coast, everywhere])):
        answer = post("add", to=to, token=token, EntityType="Customer")
        assert scope_of(answer) == {"EnterpriseIds": None, "ChainIds": chains}
        assert granted(stage, answer) == {"chain": tuple(chains)}
        stage.succeed(answer.text("Export", "Id"), {})
        one = post("add", to=to, token=token, EntityType="Company", Scope={"ChainIds": chains[:1]})
        assert granted(stage, one) == {"chain": (coast,)}
    other = post("add", to=to, token="hotel", EntityType="Customer", Scope={"ChainIds": [coast, hills]})
    assert (other.status, other.text("Message")) == (400, "Invalid ChainIds.")
    strange = serve(Options(chains=dict.fromkeys((coast, hills, everywhere), (NEVER,))))
    nothing = post("add", to=strange, EntityType="Customer")
    assert scope_of(nothing) == {"EnterpriseIds": None, "ChainIds": []}
    assert granted(stage, nothing) == {"chain": ()}


def test_who_has_no_chain_gets_no_customers(stage: Stage, post: Callable[..., Answer]) -> None:
    stage.tenant("single", {"enterprise": tuple(HOTELS[:1])})
    single = {"ClientToken": "single", "AccessToken": stage.token("single", kind="mews", partner="single")}
    answer = post("add", **single, EntityType="Customer")
    assert scope_of(answer) == {"EnterpriseIds": None, "ChainIds": []}
    assert granted(stage, answer) == {"chain": ()}
    assert post("add", **single, EntityType="Bill").status == 200


def test_of_both_lists_the_one_that_applies_counts_and_the_other_is_not_looked_at(
    stage: Stage, post: Callable[..., Answer]
) -> None:
    for other in (CHAINS, [NEVER], [], "x", [7], ["no id"], [NEVER] * 1001):
        answer = post("add", EntityType="Bill", Scope={"EnterpriseIds": HOTELS[1:], "ChainIds": other})
        assert scope_of(answer) == {"EnterpriseIds": HOTELS[1:], "ChainIds": None}
        assert granted(stage, answer) == {"enterprise": tuple(HOTELS[1:])}
        stage.succeed(answer.text("Export", "Id"), {})
    customers = post("add", EntityType="Customer", Scope={"EnterpriseIds": [FOREIGN], "ChainIds": CHAINS})
    assert scope_of(customers) == {"EnterpriseIds": None, "ChainIds": CHAINS}


def test_an_id_in_capitals_is_the_same_id(post: Callable[..., Answer]) -> None:
    answer = post("add", EntityType="Bill", Scope={"EnterpriseIds": [HOTELS[0].upper()]})
    assert scope_of(answer) == {"EnterpriseIds": HOTELS[:1], "ChainIds": None}


def test_ids_that_the_operator_wrote_in_capitals_are_shown_in_small_letters(
    stage: Stage, post: Callable[..., Answer]
) -> None:
    capitals = HOTELS[0].upper()
    stage.tenant("loud", {"enterprise": (capitals,)})
    loud = {"ClientToken": "loud", "AccessToken": stage.token("loud", kind="mews", partner="loud")}
    for entity, scope in (("Bill", None), ("Payment", {"EnterpriseIds": HOTELS[:1]})):
        answer = post("add", **loud, EntityType=entity, Scope=scope)
        assert scope_of(answer) == {"EnterpriseIds": HOTELS[:1], "ChainIds": None}
        assert granted(stage, answer) == {"enterprise": (capitals,)}


def test_other_ids_are_refused_and_foreign_ones_like_those_that_never_were(
    stage: Stage, post: Callable[..., Answer]
) -> None:
    for ids, (entity, name) in product(NOT_SCOPES, (("Bill", "EnterpriseIds"), ("Company", "ChainIds"))):
        answer = post("add", EntityType=entity, Scope={name: ids})
        assert (answer.status, answer.text("Message")) == (400, f"Invalid {name}."), ids
    assert stage.engine.tasks == []


def test_the_wrong_list_alone_is_a_wrong_scope(post: Callable[..., Answer]) -> None:
    for ids in (CHAINS, [NEVER], [], "x", [7]):
        for entity, scope in (("Bill", {"ChainIds": ids, "EnterpriseIds": None}), ("Customer", {"EnterpriseIds": ids})):
            answer = post("add", EntityType=entity, Scope=scope)
            assert (answer.status, answer.text("Message")) == (400, "Invalid Scope.")


def test_a_thousand_ids_are_shown_and_more_are_not(stage: Stage, post: Callable[..., Answer]) -> None:
    ids = tuple(f"00000000-0000-4000-8000-{number:012}" for number in range(1001))
    stage.tenant("large", {"enterprise": ids, "chain": tuple(CHAINS)})
    large = {"ClientToken": "large", "AccessToken": stage.token("large", kind="mews", partner="large")}
    everything = post("add", **large, EntityType="Bill")
    assert scope_of(everything) == {"EnterpriseIds": None, "ChainIds": None}
    assert granted(stage, everything) == {"enterprise": ids}
    most = post("add", **large, EntityType="Payment", Scope={"EnterpriseIds": ids[:1000]})
    assert scope_of(most) == {"EnterpriseIds": list(ids[:1000]), "ChainIds": None}
    few = {"enterprise": ids[:1000]}
    fewer = {"ClientToken": "large", "AccessToken": stage.token("large", kind="mews", partner="large", scope=few)}
    assert scope_of(post("add", **fewer, EntityType="Bill")) == {"EnterpriseIds": list(ids[:1000]), "ChainIds": None}
