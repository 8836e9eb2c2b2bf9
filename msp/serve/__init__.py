"""What the commands stand on: child processes, the embedded servers, the roles in the database."""
