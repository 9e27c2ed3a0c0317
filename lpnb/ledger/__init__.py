"""What became of each file, kept where it outlives us: a share cut off goes on where it stopped."""

from .entries import Claim, Entry, Ledger

__all__ = ["Claim", "Entry", "Ledger"]
