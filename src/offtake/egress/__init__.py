"""The guarded way out: no connection to an address that a customer must not make us reach."""
