"""What owners know about their money."""
