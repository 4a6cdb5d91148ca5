"""`python -m selfinstruct_chains`: the command `selfinstruct`."""

from selfinstruct_chains.cli.main import main

main()
