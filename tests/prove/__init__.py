"""The long proofs of the walls and of work that survives; small samples run with the tests."""
