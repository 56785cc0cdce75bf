"""An emulator of Telegram's Bot API, with people who write to the bots."""
