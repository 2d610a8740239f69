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

_NAMES = tuple(setting.name for setting in _settings.settings() if setting.name not in _settings.OF_FILES)


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


def _is_indicator(y: Any) -> bool:
    """Whether y is a table of zeros and ones: a row for each text, a column for each label."""
    try:
        array = numpy.asarray(y)
    except ValueError:  # lists of several lengths
        return False
    return array.ndim == 2 and array.shape[1] > 1 and array.dtype.kind in "biuf" and bool(numpy.isin(array, (0, 1)).all())


def _label_sets(y: Any) -> list[set[Any]] | None:
    """The labels of each text, where y is a list of sets, lists or tuples of them."""
    if getattr(y, "ndim", 1) != 1:
        return None
    rows = list(y)
    if not rows or not all(isinstance(row, (set, frozenset, list, tuple)) for row in rows):
        return None
    return [set(row) for row in rows]


class UnrollClassifier(ClassifierMixin, BaseEstimator):
    """A recurrent text classifier for scikit-learn: X is a list, an array or a column of texts, y their labels.

        search = GridSearchCV(UnrollClassifier(epochs=4), {"hidden": [32, 64]})
        search.fit(texts, labels).predict(["A lovely film."])

    Where a text may have any number of labels, y is an array of zeros and ones, as scikit-learn's own estimators take it, or a list
    of sets of labels. `predict` answers in the same form: an array, or a list of tuples with the most probable label first. Labels
    count whose probability is 0.5 or more.

    The parameters are the settings of `unroll.train` that are not about files; None is the program's default. `fit` holds back a
    tenth of the texts to choose the best epoch. Fitted attributes: `classes_`, and `model_`, which is an `unroll.Model`. The
    parameters are:

    """

    classes_: numpy.ndarray
    model_: Model
    _form: str  # what y was: one label a text, "sets" of labels, or an "indicator" array

    def __init__(self, **settings: Any) -> None:
        for name in _NAMES:
            setattr(self, name, settings.pop(name, None))
        if settings:
            raise TypeError(f"UnrollClassifier has no parameter {next(iter(settings))!r}")

    def fit(self, X: Iterable[str], y: Iterable[Any], sample_weight: Iterable[float] | None = None) -> UnrollClassifier:
        """Trains on texts and their labels, which may be strings or numbers. `sample_weight` is how much each text counts; one
        whose weight is 0 is left out."""
        texts = _texts(X)
        labels = self._take_labels(y.toarray() if hasattr(y, "toarray") else y)
        if len(texts) != len(labels):
            raise ValueError(f"X has {len(texts)} texts, y has {len(labels)} labels")
        weights = [1.0] * len(texts) if sample_weight is None else [float(weight) for weight in sample_weight]
        if len(texts) != len(weights):
            raise ValueError(f"X has {len(texts)} texts, sample_weight has {len(weights)} weights")
        for place, weight in enumerate(weights):
            if not 0 <= weight < float("inf"):
                raise ValueError(f"sample_weight[{place}] is {weight}, expected a number of 0 or more")
        rows = [row for row in zip(texts, labels, weights) if row[2] != 0]
        if not rows:
            raise ValueError("all weights are 0: no text is left to train on")
        self.model_ = train(tuple(zip(*rows)), **self.get_params(deep=False))
        return self

    def _take_labels(self, y: Any) -> list[Any]:
        """Sets `classes_`, and returns what `train` takes: a str for each text, or a list of them."""
        if _is_indicator(y):
            self._form = "indicator"
            self.classes_ = numpy.arange(numpy.asarray(y).shape[1])
            return [[str(label) for label in numpy.flatnonzero(row)] for row in numpy.asarray(y)]
        sets = _label_sets(y)
        if sets is not None:
            self._form = "sets"
            self.classes_ = numpy.unique(list(set().union(*sets)))
            return [sorted(str(label) for label in row) for row in sets]
        self._form = "one"
        labels = numpy.asarray(y)
        if labels.ndim != 1:
            raise ValueError(f"y has the shape {labels.shape}, expected a label for each text, a set of labels, or a table of zeros and ones")
        self.classes_ = numpy.unique(labels)
        return [str(label) for label in labels]

    def predict(self, X: Iterable[str]) -> Any:
        """The most probable class of each text; where it may have any number of them, those that are as probable as not."""
        probabilities = self.predict_proba(X)  # which says so if the estimator is not fitted
        if self._form == "one":
            return self.classes_[probabilities.argmax(axis=1)]
        chosen = probabilities >= 0.5
        if self._form == "indicator":
            return chosen.astype(int)
        order = numpy.argsort(-probabilities, axis=1, kind="stable")
        return [tuple(self.classes_[k] for k in places if row[k]) for places, row in zip(order, chosen)]

    def score(self, X: Iterable[str], y: Any, sample_weight: Iterable[float] | None = None) -> float:
        """The accuracy. A text with any number of labels counts as right if all of them are."""
        if not hasattr(self, "model_") or self._form != "sets":
            return float(super().score(X, y, sample_weight))
        right = [set(found) == set(wanted) for found, wanted in zip(self.predict(X), y)]
        return float(numpy.average(right, weights=None if sample_weight is None else list(sample_weight)))

    def predict_proba(self, X: Iterable[str]) -> numpy.ndarray:
        """A row for each text, a column for each of `classes_`."""
        return self._of_classes(self._fitted().predict_proba(_texts(X)))

    def _of_classes(self, probabilities: numpy.ndarray) -> numpy.ndarray:
        """The model has its labels in byte order, as text; `classes_` may be numbers, and have some that no text had."""
        places = {label: place for place, label in enumerate(self._fitted().labels)}
        columns = [places.get(str(label)) for label in self.classes_]
        nothing = numpy.zeros(len(probabilities), probabilities.dtype)
        return numpy.stack([nothing if place is None else probabilities[:, place] for place in columns], axis=1)

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
        tags.classifier_tags.multi_label = True
        return tags


def _signature() -> inspect.Signature:
    """scikit-learn reads the parameters from the signature (clone, get_params, GridSearchCV)."""
    parameters = [inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)]
    parameters += [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None) for name in _NAMES]
    return inspect.Signature(parameters)


UnrollClassifier.__init__.__signature__ = _signature()  # type: ignore[attr-defined]
UnrollClassifier.__doc__ = f"{UnrollClassifier.__doc__}{_settings.describe()}\n"
