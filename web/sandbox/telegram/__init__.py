"""An emulator of Telegram's Bot API and of the users who write to the bots."""
