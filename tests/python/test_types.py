"""The package is typed, and its annotations say what they should to a program that uses it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import unroll

PROGRAM = """
import unroll
model = unroll.load("run")
label: unroll._model.Label = model.predict("x").label
many: unroll.Predictions = model.predict(["x"])
trained: unroll.Model = unroll.train((["a"], ["b"]), hidden=3, callback=lambda epoch: epoch.loss < 1)
wrong: int = model.predict("x").probability
model.predict(3)
"""


def test_a_type_checker_sees_mistakes_and_only_these(tmp_path):
    pytest.importorskip("mypy")
    (tmp_path / "program.py").write_text(PROGRAM)
    environment = {**os.environ, "MYPYPATH": str(Path(unroll.__file__).parents[1])}
    result = subprocess.run([sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--cache-dir", tmp_path / "cache",
                             tmp_path / "program.py"], capture_output=True, text=True, env=environment)
    errors = [line for line in result.stdout.splitlines() if ": error:" in line]
    assert len(errors) == 2, result.stdout
    assert "program.py:7" in errors[0] and "program.py:8" in errors[1]


def test_everything_public_has_a_docstring_and_a_marker():
    assert (Path(unroll.__file__).parent / "py.typed").exists()
    for name in unroll.__all__:
        if name != "UnrollClassifier":  # which needs scikit-learn
            assert getattr(unroll, name).__doc__, name
