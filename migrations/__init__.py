"""Numbered steps of the schema, small, with one head."""
