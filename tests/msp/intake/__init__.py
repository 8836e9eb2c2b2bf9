"""Mail coming in, proven."""
