"""What comes in: keep the raw thing first, then read it."""
