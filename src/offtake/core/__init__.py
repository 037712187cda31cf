"""The field's words: values and rules, standard library only; no I/O, no clock, no logging."""
