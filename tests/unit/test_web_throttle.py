"""Rate rules, on a clock of our own."""

from hypothesis import given
from hypothesis import strategies as st

from offtake.core.limits import RateRule
from offtake.core.tenant import KeyId, Principal, Tenant, TenantId
from offtake.web.throttle import Throttle


def principal(key: str = "k1", tenant: str = "acme") -> Principal:
    return Principal(key_id=KeyId(key), tenant=Tenant(id=TenantId(tenant), name=tenant, scope={}))


@given(
    gaps=st.lists(st.floats(0, 3), max_size=60),
    requests=st.integers(1, 5),
    seconds=st.floats(0.5, 5),
)
def test_no_window_holds_more_than_the_rule_and_a_refusal_says_when(
    gaps: list[float], requests: int, seconds: float
) -> None:
    now = 1000.0
    throttle = Throttle(lambda: now, lambda: now)
    passed: list[float] = []
    for gap in gaps:
        now += gap
        left, refused = throttle("native", principal(), RateRule(requests=requests, seconds=seconds))
        recent = [one for one in passed if one > now - seconds]
        assert (refused is not None) == (len(recent) >= requests)
        if refused is None:
            passed.append(now)
            assert left.remaining == requests - len(recent) - 1
        else:
            assert left.remaining == 0
            assert refused.retry_after is not None
            assert refused.retry_after >= recent[0] + seconds - now


def test_keys_are_counted_apart_unless_the_rule_is_for_the_tenant() -> None:
    throttle = Throttle(lambda: 0.0, lambda: 0.0)
    own, shared = RateRule(requests=1, seconds=1), RateRule(requests=1, seconds=1, per_tenant=True)
    assert throttle("a", principal("k1"), own)[1] is None
    assert throttle("a", principal("k2"), own)[1] is None
    assert throttle("a", principal("k1"), own)[1] is not None
    assert throttle("b", principal("k1"), shared)[1] is None
    assert throttle("b", principal("k2"), shared)[1] is not None
    assert throttle("b", principal("k3", "globex"), shared)[1] is None
