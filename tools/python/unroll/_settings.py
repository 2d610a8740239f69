"""The settings of a training, which are the flags of `unroll train`: max_tokens is --max-tokens."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

from . import _unroll


#: settings about columns and formats of files, which texts in memory do not have
OF_FILES = {
    "text_col", "label_col", "label_separator", "weight_col", "no_header", "format", "separator", "quoting", "encoding",
    "bad_rows",
}


class Setting(NamedTuple):
    """A setting of `train`."""

    name: str
    #: as `unroll train --help` shows it; "" where the data decide
    default: str
    help: str
    #: whether it is True or False
    is_switch: bool
    #: the name that says no, of a switch that has one; or ""
    opposite: str


@functools.cache
def settings() -> tuple[Setting, ...]:
    """All settings that `train` and `UnrollClassifier` take."""
    return tuple(Setting(*setting) for setting in _unroll.settings())


def _negations() -> dict[str, str]:
    """The switches by the names that say their opposite: ngrams of no_ngrams, unidirectional of bidirectional."""
    names = {}
    for setting in settings():
        if setting.is_switch and setting.opposite:
            names[setting.opposite] = setting.name
        elif setting.is_switch and setting.name.startswith("no_"):
            names[setting.name[3:]] = setting.name
    return names


def _value(name: str, value: Any) -> str:
    if isinstance(value, Mapping):  # class_weight={"spam": 5}
        return ",".join(f"{key}={weight!r}" for key, weight in value.items())
    text = str(value)
    if not text:
        raise ValueError(f"{name} is empty; leave it out for the default")
    return text


def refuse_of_files(values: Mapping[str, Any]) -> None:
    """Raises a ValueError if a setting is about files, where texts are in memory."""
    negations = _negations()
    for name in values:
        if negations.get(name, name) in OF_FILES and values[name] is not None:
            raise ValueError(f"{name} is about a file, and the texts are in memory")


def words(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The settings as the program reads them. None is the default, and `ngrams=False` is the same as `no_ngrams=True`."""
    known, negations = {setting.name: setting for setting in settings()}, _negations()
    result: list[tuple[str, str]] = []
    for name, value in values.items():
        if name not in known and name not in negations:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            if name == "threads":
                hint = ": unroll.set_threads(n) sets it for the process"
            raise TypeError(f"there is no setting {name!r}{hint}")
        if value is None:
            continue
        if name in negations:
            result.append((negations[name], "false" if value else "true"))
        elif known[name].is_switch:
            result.append((name, "true" if value else "false"))
        else:
            result.append((name, _value(name, value)))
    return result


def describe() -> str:
    """A list of all settings, for docstrings."""
    lines = []
    for setting in settings():
        default = f" [{setting.default}]" if setting.default else ""
        lines.append(f"    {setting.name}{default}: {setting.help}")
    return "\n".join(lines)
