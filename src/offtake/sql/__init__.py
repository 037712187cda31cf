"""A query made into a SELECT, per database, pure."""
