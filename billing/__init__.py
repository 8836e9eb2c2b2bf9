"""What the work is worth."""
