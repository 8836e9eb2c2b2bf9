"""Documents on paper: what a snapshot says, in which words, and the pages made of it."""
