"""Emulators of blockchains, of the servers that show them, and of price sources."""

from web.sandbox.chains.chains import Chains

__all__ = ["Chains"]
