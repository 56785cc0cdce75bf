"""Files of another shop's bot, read as they are and never written to."""
