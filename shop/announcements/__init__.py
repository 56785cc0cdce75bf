"""Announcements to many customers."""
