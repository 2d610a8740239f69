"""The settings of a training, which are the flags of `unroll train`: max_tokens is --max-tokens."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

from . import _unroll


class Setting(NamedTuple):
    """A setting of `train`."""

    name: str
    #: as `unroll train --help` shows it; "" where the data decide
    default: str
    help: str
    #: whether it is True or left out
    is_switch: bool


@functools.cache
def settings() -> tuple[Setting, ...]:
    """All settings that `train` and `UnrollClassifier` take."""
    return tuple(Setting(*setting) for setting in _unroll.settings())


def _text(name: str, value: Any) -> str:
    if isinstance(value, Mapping):  # class_weight={"spam": 5}
        return ",".join(f"{key}={weight!r}" for key, weight in value.items())
    text = str(value)
    if not text:
        raise ValueError(f"{name} is empty; leave it out for the default")
    return text


#: switches that are on unless another one is given
_TURNED_OFF_BY = {"bidirectional": "unidirectional"}


def _switch(name: str, is_on: bool) -> list[str]:
    if is_on:
        return [name]
    return [_TURNED_OFF_BY[name]] if name in _TURNED_OFF_BY else []


def words(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The settings as the program reads them. None is the default, and `ngrams=False` is the same as `no_ngrams=True`."""
    known = {setting.name: setting for setting in settings()}
    result: list[tuple[str, str]] = []
    for name, value in values.items():
        opposite = f"no_{name}"
        if name not in known and opposite not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise TypeError(f"there is no setting {name!r}{hint}")
        if value is None:
            continue
        if name not in known:
            result += [(switch, "") for switch in _switch(opposite, not value)]
        elif known[name].is_switch:
            result += [(switch, "") for switch in _switch(name, bool(value))]
        else:
            result.append((name, _text(name, value)))
    return result


def describe() -> str:
    """A list of all settings, for docstrings."""
    lines = []
    for setting in settings():
        default = f" [{setting.default}]" if setting.default else ""
        lines.append(f"    {setting.name}{default}: {setting.help}")
    return "\n".join(lines)
