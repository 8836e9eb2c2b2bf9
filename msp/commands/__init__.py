"""One module for each subcommand of msp; each has a click command named `command`."""
