"""UnrollClassifier: the classifier of texts as scikit-learn wants one."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

import numpy
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError

from . import _settings
from ._model import Model
from ._training import train

#: settings about columns and formats of files, which texts in memory do not have
_OF_FILES = {
    "text_col", "label_col", "label_separator", "weight_col", "no_header", "format", "separator", "quoting", "encoding",
    "bad_rows",
}
_NAMES = tuple(setting.name for setting in _settings.settings() if setting.name not in _OF_FILES)


def _texts(X: Any) -> list[str]:
    """The texts of a list, a column of a table, or a table of one column."""
    if isinstance(X, str):
        raise ValueError("X is one text, expected several: [text]")
    array: Any = X if isinstance(X, (list, tuple)) else numpy.asarray(X, dtype=object)
    if getattr(array, "ndim", 1) == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if getattr(array, "ndim", 1) != 1:
        raise ValueError(f"X has the shape {array.shape}, expected one text for each sample")
    return list(array)


class UnrollClassifier(ClassifierMixin, BaseEstimator):
    """A recurrent text classifier for scikit-learn: X is a list, an array or a column of texts, y their labels.

        search = GridSearchCV(UnrollClassifier(epochs=4), {"hidden": [32, 64]})
        search.fit(texts, labels).predict(["A lovely film."])

    The parameters are the settings of `unroll.train` that are not about files; None is the program's default. `fit` holds back a
    tenth of the texts to choose the best epoch. Fitted attributes: `classes_`, and `model_`, which is an `unroll.Model`. The
    parameters are:

    """

    classes_: numpy.ndarray
    model_: Model

    def __init__(self, **settings: Any) -> None:
        for name in _NAMES:
            setattr(self, name, settings.pop(name, None))
        if settings:
            raise TypeError(f"UnrollClassifier has no parameter {next(iter(settings))!r}")

    def fit(self, X: Iterable[str], y: Iterable[Any], sample_weight: Iterable[float] | None = None) -> UnrollClassifier:
        """Trains on texts and their labels, which may be strings or numbers. `sample_weight` is how much each text counts."""
        texts, labels = _texts(X), numpy.asarray(y)
        if labels.ndim != 1:
            raise ValueError(f"y has the shape {labels.shape}, expected one label for each text (unroll.train takes several)")
        if len(texts) != len(labels):
            raise ValueError(f"X has {len(texts)} texts, y has {len(labels)} labels")
        weights = [1.0] * len(texts) if sample_weight is None else list(sample_weight)
        self.classes_ = numpy.unique(labels)
        self.model_ = train((texts, [str(label) for label in labels], weights), **self.get_params(deep=False))
        return self

    def predict(self, X: Iterable[str]) -> numpy.ndarray:
        """The most probable class of each text."""
        numbers = self.predict_proba(X).argmax(axis=1)  # which says so if the estimator is not fitted
        classes: numpy.ndarray = self.classes_[numbers]
        return classes

    def predict_proba(self, X: Iterable[str]) -> numpy.ndarray:
        """A row for each text, a column for each of `classes_`."""
        return self._of_classes(self._fitted().predict_proba(_texts(X)))

    def _of_classes(self, probabilities: numpy.ndarray) -> numpy.ndarray:
        """The model has its labels in byte order, as text; `classes_` may be numbers."""
        places = {label: place for place, label in enumerate(self._fitted().labels)}
        return probabilities[:, [places[str(label)] for label in self.classes_]]

    def _fitted(self) -> Model:
        if not hasattr(self, "model_"):
            raise NotFittedError("this UnrollClassifier is not fitted yet: call fit first")
        return self.model_

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags


def _signature() -> inspect.Signature:
    """scikit-learn reads the parameters from the signature (clone, get_params, GridSearchCV)."""
    parameters = [inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)]
    parameters += [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None) for name in _NAMES]
    return inspect.Signature(parameters)


UnrollClassifier.__init__.__signature__ = _signature()  # type: ignore[attr-defined]
UnrollClassifier.__doc__ = f"{UnrollClassifier.__doc__}{_settings.describe()}\n"
