"""A substitution could not be performed."""


class SubstitutionFailure(RuntimeError):
    """Raised by substitutions; the message says what is missing."""
