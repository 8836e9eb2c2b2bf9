"""Questions across everything; they write nothing but frozen snapshots."""
