"""The door of the queue and of the hour: one line per job."""
