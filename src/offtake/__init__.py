"""Offtake: the bulk-export server that stands in front of your own databases."""
