"""Trained models: load them, predict with them."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, Union, overload

from . import _unroll

if TYPE_CHECKING:
    from ._training import Training

try:
    import numpy
except ImportError:  # then there are lists
    numpy = None  # type: ignore[assignment]

Label = Union[str, tuple[str, ...], None]


class Prediction(NamedTuple):
    """What a model says of one text."""

    #: the most probable label, or None if it does not reach the threshold; of a model of any number of labels, a tuple of those
    #: that reach it
    label: Label
    #: of the most probable label
    probability: float
    #: of every label, in the order of Model.labels: a numpy array, or a list where numpy is not installed
    probabilities: Any


class Predictions(NamedTuple):
    """What a model says of several texts, in their order."""

    #: for each text what Prediction.label is
    labels: list[Any]
    #: a row for each text, a column for each label: a numpy array, or a list of lists where numpy is not installed
    probabilities: Any


def _matrix(array: _unroll.FloatArray) -> Any:
    if numpy is not None:
        return numpy.asarray(array)
    view = memoryview(array)
    return view.tolist() if view.shape[0] > 0 else []


def _tuple_of(texts: Any) -> tuple[Any, ...]:
    if isinstance(texts, (bytes, bytearray)):
        raise TypeError("texts are bytes, expected str: decode them first")
    return tuple(texts)


class Model:
    """A trained classifier. `unroll.load` and `unroll.train` make one.

    It is never changed, so any number of threads may use it. It can be pickled and copied.
    """

    #: how it was trained, where `unroll.train` has just done that
    training: Training | None

    def __init__(self, predictor: _unroll.Predictor, training: Training | None = None) -> None:
        self._predictor = predictor
        self.training = training
        #: the names of all labels, in byte order
        self.labels: list[str] = predictor.labels()

    @property
    def any_number_of_labels(self) -> bool:
        """Whether a text may have any number of labels, or has exactly one."""
        return self._predictor.has_any_number_of_labels()

    @property
    def hash(self) -> str:
        """32 hexadecimal digits: equal for models with equal weights, texts rules and labels."""
        return self._predictor.hash()

    @property
    def notes(self) -> dict[str, str]:
        """How it was trained, as its file tells."""
        return self._predictor.notes()

    @overload
    def predict(self, texts: str, *, threshold: float | None = ...) -> Prediction: ...  # type: ignore[overload-overlap]
    @overload
    def predict(self, texts: Iterable[str], *, threshold: float | None = ...) -> Predictions: ...

    def predict(self, texts: str | Iterable[str], *, threshold: float | None = None) -> Prediction | Predictions:
        """Predicts one text, or each of several.

            model.predict("A lovely film.").label
            labels, probabilities = model.predict(["A lovely film.", "Never again."])

        The bits of a result do not depend on what else is predicted, nor on the number of threads. Several texts are much faster
        in one call. `threshold`, from 0 to 1, is how probable a label must be: where a text may have any number of labels it is
        0.5 if none is given; where it has one, a less probable one is None ("none of these"). Other Python threads run
        meanwhile, and Ctrl-C ends it.
        """
        if threshold is not None and not 0 <= threshold <= 1:  # NaN is not, either
            raise ValueError(f"threshold is {threshold}, expected a number from 0 to 1")
        if isinstance(texts, str):
            return self._predict_one(texts, threshold)
        numbers, array = self._predictor.predict(_tuple_of(texts))
        return Predictions(self._labels(numbers, array, threshold), _matrix(array))

    def predict_proba(self, texts: Iterable[str]) -> Any:
        """The probabilities of `predict`: a row for each text, a column for each of `labels`."""
        return _matrix(self._predictor.predict(_tuple_of(texts))[1])

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Writes folder/model.safetensors, which every other part of unroll can use."""
        self._predictor.save(os.fspath(folder))

    def _predict_one(self, text: str, threshold: float | None) -> Prediction:
        numbers, array = self._predictor.predict((text,))
        probabilities = _matrix(array)[0]
        label = self._labels(numbers, array, threshold)[0]
        return Prediction(label, float(probabilities[numbers[0]]), probabilities)

    def _labels(self, numbers: list[int], array: _unroll.FloatArray, threshold: float | None) -> list[Any]:
        if self.any_number_of_labels:
            least = 0.5 if threshold is None else threshold
            return [tuple(labels) for labels in self._predictor.labels_of(array, least)]
        if threshold is None:
            return [self.labels[number] for number in numbers]
        return [labels[0] if labels else None for labels in self._predictor.labels_of(array, threshold)]

    def __repr__(self) -> str:
        shown = ", ".join(self.labels[:4]) + (", …" if len(self.labels) > 4 else "")
        return f"<unroll.Model of {len(self.labels)} labels: {shown}>"

    def __getstate__(self) -> dict[str, Any]:
        return {"bytes": self._predictor.to_bytes(), "training": self.training}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(_unroll.Predictor.from_bytes(state["bytes"]), state["training"])  # type: ignore[misc]


def load(path: str | os.PathLike[str]) -> Model:
    """Loads a model from a run's folder or a model file. Raises ModelError if there is none, or a damaged one."""
    predictor = _unroll.Predictor.load(os.fspath(path))
    warning = predictor.warning()
    if warning is not None:
        warnings.warn(f"{os.fspath(path)}: {warning}", stacklevel=2)
    return Model(predictor)
