"""How a migration runs: as the owner, under time limits, in one transaction each."""
