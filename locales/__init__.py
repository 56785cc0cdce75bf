"""The shop's languages: one JSON file each, found automatically, and the translator that speaks them."""

from locales.translator import Languages, Translator

__all__ = ["Languages", "Translator"]
