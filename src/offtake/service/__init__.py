"""Every rule, applied here once for all dialects."""
