"""Support for a single customer."""
