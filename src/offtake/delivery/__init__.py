"""How results get to the customer: one file each."""
