"""The shop's disclosures, customers' consents, and their data."""
