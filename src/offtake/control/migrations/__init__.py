"""The way of the control store's schema through the releases; each step in a file, never changed once released."""
