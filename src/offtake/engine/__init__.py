"""Durable background work: DBOS behind our port."""
