"""Consent before a purchase: that delivery begins at once, and that the right of withdrawal ends with it."""

import hashlib
from dataclasses import dataclass

from shop.context import Context
from shop.errors.refusals import StaleScreen
from shop.errors.sales import ConsentNeeded
from shop.people import Person
from storage.models import Consent, CustomText, Offer

BUILT_IN = "1"
"""The version of the built-in texts `refusal.consent_needed` and `terms.body`; raise it when one of them changes."""
_TERMS = "terms"


@dataclass(frozen=True, slots=True)
class Consents:
    """Who agreed to what. `CONSENT` says when it is asked for: before each order, before the first, or never."""

    context: Context

    def version(self, language: str) -> str:
        """Return the version of the consent text in a language, at most 14 characters; a different text has a
        different one.
        """
        own = self._own_terms(language)
        return BUILT_IN if own is None else f"{BUILT_IN}-{hashlib.sha256(own.encode()).hexdigest()[:12]}"

    def require(self, customer_id: int, offer_id: int) -> None:
        """Refuse to continue with an offer until its customer has agreed to the current text.

        Raises:
            ConsentNeeded: they have not.
        """
        if version := self.asked(customer_id, offer_id):
            raise ConsentNeeded(offer_id, version)

    def asked(self, customer_id: int, offer_id: int) -> str:
        """Return the version that a customer has to agree to before continuing with an offer; empty if they have."""
        if self.context.settings.consent == "never":
            return ""
        given = Consent.newest(customer_id, offer_id if self.context.settings.consent == "always" else None)
        if given is not None and given.version == self.version(given.language):
            return ""
        return self.version(self.context.customers.person(customer_id).language)

    def give(self, person: Person, offer_id: int, version: str) -> None:
        """Record that a customer agreed, once for each offer and text.

        Raises:
            StaleScreen: they were not shown this offer.
            ConsentNeeded: the text has changed since they read it.
        """
        with self.context.database.transaction():
            if Offer.one_of(person.id, offer_id) is None:
                raise StaleScreen
            if version != self.version(person.language):
                raise ConsentNeeded(offer_id, self.version(person.language))
            Consent.keep(person.id, offer_id, version=version, language=person.language, now=self.context.clock())

    def _own_terms(self, language: str) -> str | None:
        """Read the operator's own terms as customers see them, in the default language if there are no others."""
        for each in (language, self.context.settings.default_language):
            row = CustomText.of(_TERMS, each)
            if row is not None and row.html is not None:
                return str(row.html)
        return None
