"""`python -m shipworthy.cli`."""

from . import main

main()
