"""Work, proven."""
