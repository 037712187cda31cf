"""The edge that answers HTTP."""
