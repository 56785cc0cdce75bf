"""What admins do for one customer."""
