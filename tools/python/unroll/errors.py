"""What unroll raises. Each error says what was expected, what was found, where, and what to do."""

__all__ = [
    "DataError", "DiskError", "DivergedError", "Error", "ModelError", "OutOfMemoryError", "ShapeError", "UsageError",
]


class Error(Exception):
    """The base of all errors of this package."""


class UsageError(Error, ValueError):
    """A setting out of range, settings that contradict each other, or an output folder that is taken."""


class ShapeError(Error, ValueError):
    """An array whose shape does not fit."""


class DataError(Error, ValueError):
    """Texts that are missing, unreadable, or not as expected."""


class ModelError(Error):
    """A model that is missing, foreign, damaged, or of a later format."""


class DivergedError(Error):
    """A training whose loss, gradients or weights are no longer finite."""


class DiskError(Error, OSError):
    """An output that could not be written."""


class OutOfMemoryError(Error, MemoryError):
    """More memory was needed than there is, or than max_memory allows."""
