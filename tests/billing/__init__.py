"""Money, proven."""
