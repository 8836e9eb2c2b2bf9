"""What is true about promises: pure functions over events, terms and hours."""
