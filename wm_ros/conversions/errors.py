"""What every conversion raises."""


class ConversionError(ValueError):
    """A message cannot be used; the text names the field, its value and what was expected."""
