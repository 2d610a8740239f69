"""Training a classifier."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Union

from . import _settings, _unroll
from ._model import Model

logger = logging.getLogger("unroll")

#: a file; or texts and their labels, and perhaps how much each text counts
Source = Union[str, "os.PathLike[str]", Sequence[Any]]


@dataclass(frozen=True)
class Epoch:
    """What an epoch of training came to. Figures of dev are of the texts that choose the best epoch."""

    #: from 1
    epoch: int
    #: the mean over the epoch's steps
    loss: float
    dev_accuracy: float
    #: the figure that chooses: accuracy unless the setting `metric` says otherwise
    dev_metric: float
    dev_loss: float
    #: whether it is the best one so far
    best: bool


@dataclass
class Training:
    """How a model was trained."""

    #: what was found in the data and decided before the first step
    plan: dict[str, Any] = field(default_factory=dict)
    epochs: list[Epoch] = field(default_factory=list)
    #: "all epochs done", "stopped early", "stopped" by the callback; "solved" for a linear model alone
    end: str = ""
    #: whose model it is, from 1; None where it is the linear model alone
    best_epoch: int | None = None
    dev_accuracy: float = 0.0
    dev_metric: float = 0.0
    dev_loss: float = 0.0
    #: of the linear model of n-grams alone; None without one
    ngrams_dev_accuracy: float | None = None


def _labels_of(label: Any) -> tuple[Any, ...]:
    return tuple(label) if isinstance(label, (list, tuple, set, frozenset)) else (label,)


def _rows(source: Sequence[Any], name: str) -> list[tuple[Any, tuple[Any, ...], float]]:
    """(text, labels, weight) of each text."""
    if len(source) not in (2, 3):
        raise TypeError(f"{name} is a path, (texts, labels) or (texts, labels, weights)")
    texts, labels = list(source[0]), list(source[1])
    if len(texts) != len(labels):
        raise ValueError(f"{name} has {len(texts)} texts and {len(labels)} labels")
    weights = [1.0] * len(texts) if len(source) == 2 or source[2] is None else list(source[2])
    if len(texts) != len(weights):
        raise ValueError(f"{name} has {len(texts)} texts and {len(weights)} weights")
    return [(text, _labels_of(label), float(weight)) for text, label, weight in zip(texts, labels, weights)]


def _source(source: Source | None, name: str) -> Any:
    if source is None:
        return []
    if isinstance(source, (str, os.PathLike)):
        return os.fspath(source)
    rows = _rows(source, name)
    if not rows:
        raise ValueError(f"{name} has no texts")
    return rows


def _tell(is_warning: bool, text: str) -> None:
    if is_warning:
        warnings.warn(text, stacklevel=3)
    else:
        logger.info(text)


def train(train: Source, dev: Source | None = None, out: str | os.PathLike[str] | None = None, *,
          overwrite: bool = False, callback: Callable[[Epoch], Any] | None = None, checkpoint_minutes: float = 5.0,
          **settings: Any) -> Model:
    """Trains a classifier and returns it.

        model = unroll.train("reviews.tsv", out="runs/reviews", epochs=4)
        model = unroll.train((texts, labels), hidden=64, cell="gru")

    `train` and `dev` are files of labelled texts, as `unroll train` reads them, or (texts, labels), or (texts, labels, weights),
    whose weights are numbers above 0, or None. Where some label is a list, a text may have any number of labels. Without `dev` a tenth of `train` is held back. `dev` chooses
    the best epoch, which is returned, and which is written into the folder `out` as soon as there is one; the linear model of
    n-grams stays unless an epoch is as good. A run that was ended
    goes on from its last checkpoint when the same call comes again, and gives the same bits; a finished one is only replaced
    with `overwrite`.

    `callback(epoch)` is called after each epoch; if it returns something true, training is over. Ctrl-C interrupts it, with a
    KeyboardInterrupt after the step at hand; reading and the linear model are finished first. What is dubious about the data is
    a warning; progress goes to the logger "unroll".

    `settings` are those of `unroll train` by the same names, with _ for -. `unroll.settings()` lists them:

    """
    if not isinstance(train, (str, os.PathLike)) and (dev is None or not isinstance(dev, (str, os.PathLike))):
        _settings.refuse_of_files(settings)
    training = Training()

    def plan(found: dict[str, Any]) -> None:
        training.plan = found
        logger.info("%d rows to train on, %d for dev; %d parameters", found["rows"], found["dev_rows"], found["parameters"])

    def epoch(found: dict[str, Any]) -> bool:
        latest = Epoch(**found)
        training.epochs.append(latest)
        logger.info("epoch %d: loss %.4f, dev accuracy %.4f", latest.epoch, latest.loss, latest.dev_accuracy)
        return bool(callback(latest)) if callback is not None else False

    predictor, result = _unroll.train(
        _source(train, "train"), _source(dev, "dev"), "" if out is None else os.fspath(out), overwrite, checkpoint_minutes,
        _settings.words(settings), _tell, plan, epoch)
    for name, value in result.items():
        setattr(training, name, value)
    return Model(predictor, training)


train.__doc__ = f"{train.__doc__}{_settings.describe()}\n"
