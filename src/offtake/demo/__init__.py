"""The demo's data and its tour."""
