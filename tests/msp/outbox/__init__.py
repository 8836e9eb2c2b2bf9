"""Mail going out, proven."""
