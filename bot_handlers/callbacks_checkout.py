"""Callback data of what happens around a confirmation."""

from dataclasses import dataclass

from bot_handlers.callbacks import Callback


@dataclass(frozen=True, slots=True)
class TopUpOffer(Callback):
    """Top up what an offer lacks, and order it when that has arrived."""

    prefix = "fund"
    offer_id: "int"


@dataclass(frozen=True, slots=True)
class StopWaiting(Callback):
    """Order nothing when a top-up arrives."""

    prefix = "unwait"
