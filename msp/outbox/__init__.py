"""Mail and notices going out."""
