"""The formats of goods files."""
