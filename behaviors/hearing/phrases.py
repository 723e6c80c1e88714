"""Cuts what somebody says out of the sound of a room. Pure.

A room is never silent, so loud is what stands out of the room's own noise, which is followed: down at once, up slowly
(a fan that was switched on), and never by what is being said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from kangban.values import Array

RATE_HZ = 16000
BLOCK_S = 0.05
BLOCK = round(BLOCK_S * RATE_HZ)
STANDS_OUT_DB, FADES_DB = 10.0, 6.0  # above the room's noise: somebody begins, and still speaks
QUIETEST_DB = -55.0  # below this nobody speaks, however quiet the room (0: the loudest there is)
RISES_DB_PER_S = 1.0  # the room's noise, at most
LEAD_S = 0.3  # kept from before it became loud: words begin softly
SHORTEST_S = 0.15  # loud for less is a knock; "no" is longer
PAUSE_S = 0.7  # of quiet ends a phrase
LONGEST_S = 12.0  # is cut here: a television never pauses


@dataclass(frozen=True, slots=True)
class Ear:
    """`noise_db`: of the room. `kept`: blocks of the phrase, or the lead before one; `loud`, `quiet`: how many."""

    noise_db: float | None = None
    kept: tuple[Array, ...] = ()
    speaks: bool = False
    loud: int = 0
    quiet: int = 0


def step(ear: Ear, block: Array) -> tuple[Ear, Array | None]:
    """The next block (BLOCK,) of samples from -1 to 1; the phrase (n,) that ended with it, if one did."""
    level = level_db(block)
    noise = level if ear.noise_db is None else ear.noise_db
    if not ear.speaks:
        begins = level > max(noise + STANDS_OUT_DB, QUIETEST_DB)
        kept = (*ear.kept, block)[-round(LEAD_S / BLOCK_S) :]
        if begins:
            return replace(ear, noise_db=noise, kept=(*ear.kept, block), speaks=True, loud=1, quiet=0), None
        return Ear(min(level, noise + RISES_DB_PER_S * BLOCK_S), kept), None
    heard = level > max(noise + FADES_DB, QUIETEST_DB)
    ear = replace(
        ear,
        kept=(*ear.kept, block),
        loud=ear.loud + heard,
        quiet=0 if heard else ear.quiet + 1,
    )
    if ear.quiet * BLOCK_S >= PAUSE_S:
        phrase = np.concatenate(ear.kept) if ear.loud * BLOCK_S >= SHORTEST_S else None
        return Ear(min(noise, level)), phrase
    if len(ear.kept) * BLOCK_S >= LONGEST_S:  # what never pauses may be the room itself
        room = min(level_db(kept) for kept in ear.kept[round(LEAD_S / BLOCK_S) :])
        return Ear(room), np.concatenate(ear.kept)
    return ear, None


def level_db(block: Array) -> float:
    """Loudness of samples from -1 to 1, 0 dB: the loudest there is."""
    return float(10.0 * np.log10(np.mean(np.square(block, dtype=np.float64)) + 1e-12))
