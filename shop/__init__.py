"""The rules of the shop. Knows no Telegram, no Flask and no SQL text."""
