"""The composition root, the one that knows everybody: settings in, a wired whole out."""
