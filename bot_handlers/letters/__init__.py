"""What the shop writes of its own accord: letters and announcements."""
