"""Other ways to compute a world model's rollouts, each checked against the model before it is used."""

from wm_core.backends.choose import BACKENDS, as_the_card_says, choose_backend, with_backend
from wm_core.backends.errors import BackendError

__all__ = ["BACKENDS", "BackendError", "as_the_card_says", "choose_backend", "with_backend"]
