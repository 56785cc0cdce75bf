"""From an update to its handler."""
