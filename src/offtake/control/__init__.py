"""The control store on SQLite and PostgreSQL."""
