"""The engine: facts of one tenant and period in, one document out."""
