"""`python -m offtake` is the same program as `offtake`."""

from offtake.cli import main

if __name__ == "__main__":
    main()
