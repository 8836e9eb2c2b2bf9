"""What work is worth, kept: time entries, rates, drafts, documents and series."""
