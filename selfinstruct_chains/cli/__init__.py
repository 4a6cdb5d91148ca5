"""The command `selfinstruct`: a file per command, no logic of its own."""
