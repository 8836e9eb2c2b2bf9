"""An agent's own time."""
