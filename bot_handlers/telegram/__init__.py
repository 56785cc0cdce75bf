"""Talking to Telegram."""
