"""Recurrent text classifiers on the CPU: train, load, predict; and the layers themselves on numpy arrays.

    model = unroll.train("reviews.tsv", out="runs/reviews")
    labels, probabilities = model.predict(["A lovely film.", "Never again."])

    model = unroll.load("runs/reviews")
    model.predict("A lovely film.").label

`UnrollClassifier` is the same for scikit-learn. `LSTM`, `GRU` and `RNN` are recurrent layers with a forward and a backward pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _unroll
from ._layers import GRU, LSTM, RNN
from ._model import Model, Prediction, Predictions, load
from ._settings import Setting, settings
from ._training import Epoch, Training, train
from .errors import (
    DataError, DiskError, DivergedError, Error, ModelError, OutOfMemoryError, ShapeError, UsageError,
)

if TYPE_CHECKING:
    from ._estimator import UnrollClassifier

__all__ = [
    "GRU", "LSTM", "RNN", "DataError", "DiskError", "DivergedError", "Epoch", "Error", "Model", "ModelError",
    "OutOfMemoryError", "Prediction", "Predictions", "Setting", "ShapeError", "Training", "UnrollClassifier",
    "UsageError", "load", "set_threads", "settings", "threads", "train",
]
__version__: str = _unroll.__version__


def threads() -> int:
    """The most threads that unroll uses in this process. At first this is OMP_NUM_THREADS, or the usable processors."""
    return _unroll.threads()


def set_threads(count: int) -> None:
    """Sets the most threads that unroll uses in this process. Results do not depend on it."""
    if not 1 <= count <= _unroll.MOST_THREADS:
        raise UsageError(f"{count} threads: expected 1 to {_unroll.MOST_THREADS}")
    _unroll.set_threads(count)


def __getattr__(name: str) -> Any:
    if name == "UnrollClassifier":  # which needs scikit-learn: nothing else here does
        from ._estimator import UnrollClassifier
        return UnrollClassifier
    raise AttributeError(f"module 'unroll' has no attribute {name!r}")
