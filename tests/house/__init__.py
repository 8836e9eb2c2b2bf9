"""Laws a linter cannot say."""
