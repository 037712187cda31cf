"""Every dialect found, by the suite that is shipped."""

from offtake.testing.conformance.dialect import DialectSuite


class TestDialects(DialectSuite):
    pass
