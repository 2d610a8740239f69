"""Small data that a small model learns at once, and a model of it."""

import sys
from pathlib import Path

import pytest

import unroll

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).parent))

SMALL = {"hidden": 8, "embedding": 8, "epochs": 4, "lr": 0.02}


def reviews(count):
    """Texts and their labels."""
    good, bad = ["good", "great", "lovely", "fine"], ["bad", "awful", "poor", "dull"]
    things = ["film", "book", "room", "meal", "phone"]
    texts, labels = [], []
    for k in range(count):
        word = good[k // 2 % 4] if k % 2 else bad[k // 2 % 4]
        texts.append(f"this {things[k // 8 % 5]} is {word} number {k}")
        labels.append("pos" if k % 2 else "neg")
    return texts, labels


@pytest.fixture(scope="session")
def data():
    return reviews(160)


@pytest.fixture(scope="session")
def folder(tmp_path_factory, data):
    """A run's folder."""
    out = tmp_path_factory.mktemp("run") / "model"
    unroll.train(data, out=out, **SMALL)
    return out


@pytest.fixture(scope="session")
def model(folder):
    return unroll.load(folder)


@pytest.fixture(scope="session")
def several():
    """A model whose texts have any number of labels."""
    texts = [("kind friendly" if k % 2 else "rude cold") + " " + ("large huge" if k % 3 else "tiny little") for k in range(120)]
    labels = [["warm"] * (k % 2) + ["big"] * (k % 3 > 0) for k in range(120)]
    return unroll.train((texts, labels), hidden=16, embedding=8, epochs=20, lr=0.02)
