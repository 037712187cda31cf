"""What several kinds of deliveries share; not a kind itself."""
