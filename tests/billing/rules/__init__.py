"""The arithmetic of money, without a database."""
