"""Speed and memory, side by side in one run; `make bench` writes RESULTS.md. Never a test."""
