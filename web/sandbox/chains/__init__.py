"""Emulated blockchains, the servers that show them, and price sources."""

from web.sandbox.chains.chains import Chains

__all__ = ["Chains"]
