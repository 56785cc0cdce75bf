"""Incoming payments."""
