"""Shipped for those who write plug-ins: conformance suites, a PostgreSQL to test on."""
