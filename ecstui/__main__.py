"""Run the command line with `python -m ecstui`."""

from ecstui.cli import main

if __name__ == "__main__":
    main()
