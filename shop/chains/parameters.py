"""The parameters for watching each chain and linking to it: one row per chain, as in `wallet.chains`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from shop.chains.transfers import FINALIZED, SAFE, Looks
from wallet.chains import Chain

_DAY_S = 86_400
_CLOCKS_DIFFER_S = 3_600
_ANY_HEIGHT = 1 << 62


@dataclass(frozen=True, slots=True)
class BlockPace:
    """How a chain grows.

    `tolerance`: by how many blocks servers of one chain may differ. `block_s`: seconds per block, or 0 if a jump of
    any size is believed (a chain mined by hand). `stalled_s`: how long without a new block until another server is
    asked whether the first one lags. `slots`: (height, Unix seconds, milliseconds per block) of a block after which
    blocks cannot come faster than that, if the chain's rules say so.
    """

    tolerance: int
    block_s: int
    stalled_s: int
    slots: tuple[int, int, int] | None = None

    def most(self, now: int) -> int:
        """Return how high the chain can be by now, allowing an hour for wrong clocks."""
        if self.slots is None or not self.block_s:
            return _ANY_HEIGHT
        height, since, slot_ms = self.slots
        return height + max(0, now + _CLOCKS_DIFFER_S - since) * 1_000 // slot_ms

    def least(self, now: int) -> int:
        """Return how high the chain must be by now: a quarter of what it can be, since few slots stay empty."""
        return 0 if self.slots is None or not self.block_s else self.most(now) // 4


@dataclass(frozen=True, slots=True)
class ChainParameters:
    """How a chain is watched and shown. Heights are blocks, slots on Solana.

    `servers_setting`: the setting that names its servers; `servers` are asked by default, the preferred first.
    `overlap_blocks`: how many blocks a scan reads again; a healthy chain has never reorganised more.
    `blocks_per_scan`: the most blocks to read whole; 0 if none are. `peek_blocks`: how far back a peek looks; 0 if
    it reads balances. `looks`: how often, and for how long, an address is looked at after its screen was shown;
    `own_coin_looks`: the same for the chain's own coin, if that takes a request per address. `usual_depth`: how many
    blocks a level defined by the chain usually takes, for the progress shown to customers. `transaction_url` and
    `address_url` have one `{}`. `uri_scheme`: of payment URIs (BIP-21 and the like); empty if wallets read none.
    """

    servers_setting: str
    servers: tuple[str, ...]
    pace: BlockPace
    overlap_blocks: int
    looks: Looks
    transaction_url: str
    address_url: str
    blocks_per_scan: int = 0
    peek_blocks: int = 0
    own_coin_looks: Looks | None = None
    scan_every_s: int = 60
    usual_depth: Mapping[str, int] = field(default_factory=dict)
    uri_scheme: str = ""


PARAMETERS: Mapping[Chain, ChainParameters] = MappingProxyType(
    {
        Chain.BTC: ChainParameters(
            servers_setting="btc_api_urls",
            servers=("https://mempool.space/api", "https://blockstream.info/api"),
            pace=BlockPace(tolerance=2, block_s=600, stalled_s=2_700),
            overlap_blocks=6,
            blocks_per_scan=12,
            peek_blocks=144,
            looks=Looks(20, ((7_200, 600),)),
            transaction_url="https://mempool.space/tx/{}",
            address_url="https://mempool.space/address/{}",
            uri_scheme="bitcoin",
        ),
        Chain.LTC: ChainParameters(
            servers_setting="ltc_api_urls",
            servers=("https://litecoinspace.org/api",),
            pace=BlockPace(tolerance=3, block_s=150, stalled_s=900),
            overlap_blocks=12,
            blocks_per_scan=48,
            peek_blocks=576,
            looks=Looks(20, ((7_200, 600),)),
            transaction_url="https://litecoinspace.org/tx/{}",
            address_url="https://litecoinspace.org/address/{}",
            uri_scheme="litecoin",
        ),
        Chain.ETH: ChainParameters(
            servers_setting="eth_rpc_urls",
            servers=(
                "https://ethereum-rpc.publicnode.com",
                "https://eth.drpc.org",
                "https://eth.llamarpc.com",
            ),
            # The first block of proof of stake (The Merge); a slot is 12 s (ethereum/consensus-specs).
            pace=BlockPace(tolerance=8, block_s=12, stalled_s=120, slots=(15_537_394, 1_663_224_179, 12_000)),
            overlap_blocks=20,
            blocks_per_scan=48,
            peek_blocks=25,
            looks=Looks(15, ((21_600, 60), (_DAY_S, 300))),
            usual_depth={SAFE: 32, FINALIZED: 64},  # an epoch is 32 slots
            transaction_url="https://etherscan.io/tx/{}",
            address_url="https://etherscan.io/address/{}",
        ),
        Chain.TRX: ChainParameters(
            servers_setting="trongrid_urls",
            servers=("https://api.trongrid.io", "https://tron-rpc.publicnode.com"),
            # A block of September 2025; a slot is 3 s (java-tron, `BLOCK_PRODUCED_INTERVAL`).
            pace=BlockPace(tolerance=40, block_s=3, stalled_s=60, slots=(75_418_399, 1_756_914_747, 3_000)),
            overlap_blocks=20,
            peek_blocks=200,
            looks=Looks(15, ((21_600, 60), (_DAY_S, 300))),
            own_coin_looks=Looks(20, ((7_200, 600),)),
            usual_depth={FINALIZED: 19},  # a block is solid once 19 of the 27 producers have built on it
            transaction_url="https://tronscan.org/#/transaction/{}",
            address_url="https://tronscan.org/#/address/{}",
        ),
        Chain.SOL: ChainParameters(
            servers_setting="solana_rpc_urls",
            servers=("https://api.mainnet-beta.solana.com", "https://solana-rpc.publicnode.com"),
            # The genesis; a slot should take 400 ms (solana-sdk, `DEFAULT_MS_PER_SLOT`), and has taken longer.
            pace=BlockPace(tolerance=150, block_s=1, stalled_s=60, slots=(0, 1_584_368_940, 400)),
            overlap_blocks=750,
            looks=Looks(10, ((21_600, 60), (_DAY_S, 300))),
            usual_depth={FINALIZED: 32},  # a block is rooted after 32 slots
            transaction_url="https://solscan.io/tx/{}",
            address_url="https://solscan.io/account/{}",
            uri_scheme="solana",
        ),
    }
)
