"""The month: its board, its drafts, its one confirmation."""
