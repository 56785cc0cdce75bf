"""What owners set up and are told."""
