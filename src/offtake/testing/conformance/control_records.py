"""The suite of the repositories `Tenants`, `Keys` and `Leases`."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from offtake.core.error import Conflict
from offtake.core.ports import Control
from offtake.core.tenant import Action, Tenant, TenantId
from offtake.testing.conformance.control_samples import HOUR, MINE, NOON, THEIRS, key, race


class RecordsSuite:
    """What is kept of customers and workers."""

    def test_tenants_are_stored_and_replaced(self, control: Control) -> None:
        plain = Tenant(id=MINE, name="Ours", scope={})
        rich = Tenant(
            id=THEIRS,
            name="Théirs",
            scope={"enterprise": ("1", "2")},
            datasets=frozenset({"calls"}),
            grants=frozenset({"pii"}),
            requests_per_second=2.5,
            disabled=True,
        )
        upper = Tenant(id=TenantId("Z"), name="Z", scope={}, datasets=frozenset())
        with control.transaction() as tx:
            for one in (rich, replace(plain, name="Before"), upper, plain):
                tx.tenants.put(one)
        with control.reading() as tx:
            assert tx.tenants.list() == [upper, plain, rich]
            assert tx.tenants.get(THEIRS) == rich
            assert tx.tenants.get(TenantId("nobody")) is None

    def test_who_locks_a_tenant_sees_what_the_one_before_has_done(self, control: Control) -> None:
        with control.transaction() as tx:
            tx.tenants.put(Tenant(id=MINE, name="Ours", scope={}))

        def count_and_add(_: int) -> int:
            with control.transaction() as tx:
                tx.tenants.lock(MINE)
                known = len(tx.tenants.list())
                tx.tenants.put(Tenant(id=TenantId(f"added {known}"), name="x", scope={}))
                return known

        found = race(count_and_add)
        assert sorted(found) == list(range(1, len(found) + 1))  # type: ignore[type-var]

    def test_keys_are_found_by_what_a_request_carries(self, control: Control) -> None:
        old = key(
            "old",
            age=HOUR,
            digest=b"\x00\xff",
            actions=frozenset({Action.READ}),
            datasets=frozenset(),
            scope={"chain": ("7",)},
            expires_at=NOON,
            revoked_at=NOON,
        )
        new = key("new", sealed=b"secret", user="ann")
        with control.transaction() as tx:
            tx.keys.put(replace(old, name="before", revoked_at=None))
            tx.keys.put(old)
            tx.keys.put(new)
            tx.keys.put(key("theirs", tenant=THEIRS, user="ann", age=2 * HOUR))
        with control.reading() as tx:
            assert tx.keys.by_digest("native", b"\x00\xff") == old
            assert tx.keys.by_digest("other", b"\x00\xff") is None
            assert tx.keys.by_digest("native", b"\x00") is None
            assert [one.id for one in tx.keys.by_user("native", "ann", None)] == ["new", "theirs"]
            assert tx.keys.by_user("native", "ann", MINE) == [new]
            assert tx.keys.by_user("other", "ann", None) == []
            assert tx.keys.list(MINE) == [new, old]
            assert [one.id for one in tx.keys.list(None)] == ["new", "old", "theirs"]

    def test_a_user_name_finds_the_keys_that_still_hold(self, control: Control) -> None:
        with control.transaction() as tx:
            tx.keys.put(key("first", user="ann", age=2 * HOUR))
            tx.keys.put(key("second", user="ann", age=HOUR))
            tx.keys.put(key("revoked", user="ann", revoked_at=NOON))
        with control.reading() as tx:
            found = tx.keys.by_user("native", "ann", MINE)
        assert [one.id for one in found] == ["second", "first"]

    def test_two_keys_cannot_have_one_digest(self, control: Control) -> None:
        with control.transaction() as tx:
            tx.keys.put(key("one", digest=b"1"))
            with pytest.raises(Conflict):
                tx.keys.put(key("two", digest=b"1"))
            tx.keys.put(key("three"))
        with control.reading() as tx:
            assert {one.id for one in tx.keys.list(MINE)} == {"one", "three"}

    def test_a_lease_is_taken_renewed_and_taken_away(self, control: Control) -> None:
        with control.transaction() as tx:
            tx.leases.take("w", "host", 42, HOUR)
            [lease] = tx.leases.list()
            assert (lease.worker_id, lease.host, lease.pid) == ("w", "host", 42)
            assert list(tx.leases.reap()) == []
            assert tx.leases.renew("w", 2 * HOUR)
            [longer] = tx.leases.list()
            assert timedelta(minutes=59) < longer.until - lease.until < timedelta(minutes=61)
            assert tx.leases.reap("w") == ["w"]
            assert list(tx.leases.reap("w")) == []
            assert not tx.leases.renew("w", HOUR)
            assert list(tx.leases.list()) == []

    def test_a_lease_that_has_run_out_is_reaped(self, control: Control) -> None:
        with control.transaction() as tx:
            tx.leases.take("dead", "host", 1, -HOUR)
            tx.leases.take("late", "host", 2, -HOUR)
            tx.leases.take("alive", "host", 3, HOUR)
            assert tx.leases.renew("late", HOUR)
        with control.transaction() as tx:
            assert tx.leases.reap() == ["dead"]
        with control.reading() as tx:
            assert {one.worker_id for one in tx.leases.list()} == {"alive", "late"}

    def test_the_clock_is_the_true_one(self, control: Control) -> None:
        earliest = datetime.now(UTC) - timedelta(seconds=5)
        with control.transaction() as tx:
            tx.leases.take("w", "host", 1, timedelta(0))
            [lease] = tx.leases.list()
        assert earliest < lease.until < earliest + timedelta(seconds=60)

    def test_a_worker_id_is_taken_once(self, control: Control) -> None:
        with control.transaction() as tx:
            tx.leases.take("w", "host", 1, HOUR)
            with pytest.raises(Conflict):
                tx.leases.take("w", "host", 2, HOUR)
            assert [one.pid for one in tx.leases.list()] == [1]

    def test_each_dead_worker_is_reaped_by_one_caller(self, control: Control) -> None:
        with control.transaction() as tx:
            for number in range(50):
                tx.leases.take(f"w{number:02}", "host", number, -HOUR)

        def reap(_: int) -> Sequence[str]:
            with control.transaction() as tx:
                return tx.leases.reap()

        reaped = [name for result in race(reap) if isinstance(result, Sequence) for name in result]
        assert sorted(reaped) == [f"w{number:02}" for number in range(50)]
