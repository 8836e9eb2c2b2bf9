"""The pages, proven."""
