"""Deliveries: how files get to the servers of customers, one file for each kind."""
