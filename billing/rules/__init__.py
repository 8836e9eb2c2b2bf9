"""What is true about money: pure functions from facts to documents."""
