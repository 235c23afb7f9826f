"""How large a seed may be."""

from __future__ import annotations

LARGEST_SEED = 2**31 - 1
"""Of all that is configured or told on a command line: training shifts seeds by 32 bits, and a generator takes 64."""
