"""Lines of text on their way into a file."""
