"""Mail as it really comes, made byte for byte, with what is expected of each."""
