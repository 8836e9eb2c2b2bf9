"""The JSON door: /api/v1 for programs, with shapes, errors and versions of its own."""
