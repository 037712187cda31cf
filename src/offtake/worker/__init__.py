"""The edge that works in the background: one file per kind of work."""
