"""`python -m bgfg`: the command line."""

from bgfg.cli import main

if __name__ == "__main__":
    main()
