"""The pages of clients, money, people and work."""
