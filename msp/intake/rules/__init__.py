"""Reading mail from strangers: bytes in, frozen facts out, never an error."""
