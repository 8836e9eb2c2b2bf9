"""Questions about money; they read."""
