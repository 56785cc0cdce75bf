"""The only room with Telegram objects: updates in, screens and letters out."""
