"""Why a backend cannot be had."""


class BackendError(ValueError):
    """The backend is missing, does not fit the model, or does not agree with it; the message says which."""
