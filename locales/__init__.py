"""The shop's languages: one JSON file each, found automatically, and the translator that speaks them."""

from locales.translator import Languages, Translator, language_codes

__all__ = ["Languages", "Translator", "language_codes"]
