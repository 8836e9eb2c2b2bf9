"""The desk: doors, rooms and plumbing over tenants, sla and billing."""
