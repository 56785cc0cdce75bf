"""Messages that the shop sends on its own initiative: letters and announcements."""
