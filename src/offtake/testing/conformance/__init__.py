"""One suite per seam, run over every plug-in found."""
