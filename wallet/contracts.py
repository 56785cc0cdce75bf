"""Addresses that belong to no wallet: contracts of tokens that the shop knows, programs, and known burn addresses.

They are well-formed, and what is swept to one of them is lost. Other contracts look like any account.
Sources: https://tether.to/en/supported-protocols, https://developers.circle.com/stablecoins/usdc-contract-addresses.
"""

from collections.abc import Mapping

from wallet.chains import Chain

USDT_ERC20 = "0xdAC17F958D2ee523a2206206994597C13D831ec7"
USDC_ERC20 = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"
USDT_TRC20 = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
USDT_SPL = "Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB"
USDC_SPL = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"

TOKENS: Mapping[Chain, frozenset[str]] = {
    Chain.ETH: frozenset({USDT_ERC20, USDC_ERC20}),
    Chain.TRX: frozenset({USDT_TRC20}),
    Chain.SOL: frozenset({USDT_SPL, USDC_SPL}),
}
"""The contracts of tokens, by chain; on Solana, where the shop only notices tokens, their mints."""

SPL_PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"
SPL_2022_PROGRAM = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb"
ASSOCIATED_ACCOUNT_PROGRAM = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL"
PROGRAMS = frozenset({SPL_PROGRAM, SPL_2022_PROGRAM, ASSOCIATED_ACCOUNT_PROGRAM})
"""Programs of Solana whose addresses are on the curve, as if a key could exist. Native programs end with ones."""

BURNT = frozenset(
    {
        "1BitcoinEaterAddressDontSendf59kuE",
        "1CounterpartyXXXXXXXXXXXXXXXUWLpVr",
        "0xdEAD000000000000000042069420694206942069",
    }
)
"""Where people send coins to destroy them, apart from accounts of zeros and the like."""
