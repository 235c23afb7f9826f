"""Seeds of episodes that a model is judged by."""

from __future__ import annotations


def evaluation_seeds(first: int, episodes: int) -> range:
    """first: what --seed said. Raises `ValueError` where a dataset could have one of these scenes."""
    from wm_core.training.collect import FIRST_SEED

    if first + episodes > FIRST_SEED:
        raise ValueError(
            f"--seed {first} for {episodes} episode(s): {first} + {episodes} = {first + episodes}, expected at most {FIRST_SEED}: "
            "from there on seeds are those of `wm collect`, whose scenes the model may have been trained on"
        )
    return range(first, first + episodes)
