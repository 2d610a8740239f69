#!/usr/bin/env python3
"""train --init: half of the texts first, then the other half with a label that is new, against all at once.

    bench/training-runs/going-on.py TRAIN.tsv[.gz] TEST.tsv[.gz] [--new LABEL] [--network "FLAGS"] [-- flags of train]

The files have a header, and columns label and text. The first run sees every second row, without those of
LABEL (default: the rarest label); the second goes on from it with the other rows. Of a set of two labels
the shortest tenth of all texts gets a third one, "short". Printed are the test
accuracy of the first run, of the run that went on, of one on the second half alone and of one on all rows,
and the greatest difference of a weight of a word that the second half does not have. Needs Python 3 alone.
The build is build/release/unroll; UNROLL names another.
"""
import argparse
import collections
import csv
import gzip
import json
import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

UNROLL = os.environ.get("UNROLL", "build/release/unroll")


def rows_of(path):
    opened = gzip.open if path.endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        reader = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        header = next(reader)
        label, text = header.index("label"), header.index("text")
        return [(row[label], row[text]) for row in reader]


def write(path, rows):
    path.write_text("".join(f"{label}\t{text}\n" for label, text in [("label", "text"), *rows]), encoding="utf-8")
    return path


def train(out, rows, flags):
    write(out.with_suffix(".tsv"), rows)
    subprocess.run([UNROLL, "train", "--train", out.with_suffix(".tsv"), "--out", out, "--quiet", *flags],
                   check=True, stdout=subprocess.DEVNULL)
    return out


def accuracy(model, test):
    told = subprocess.run([UNROLL, "test", model, test, "--json", "--quiet"], check=True, capture_output=True)
    return json.loads(told.stdout)["accuracy"]


def word_vectors(model):
    """The words of a model file and their vectors."""
    data = (model / "model.safetensors").read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + size])
    words = json.loads(header["__metadata__"]["unroll.pipeline"])["encoder"]["vocabulary"]
    begin, end = header["embedding.E"]["data_offsets"]
    values = struct.unpack(f"<{(end - begin) // 4}f", data[8 + size + begin : 8 + size + end])
    length = header["embedding.E"]["shape"][1]
    return {word[0]: values[k * length : (k + 1) * length] for k, word in enumerate(words)}


def counted_words(path, model, folder):
    """The words that a model reads in the texts of a file."""
    texts = folder / "texts.txt"
    texts.write_text("".join(text + "\n" for _, text in rows_of(str(path))), encoding="utf-8")
    told = subprocess.run([UNROLL, "data", "tokenize", "--model", model, texts], check=True, capture_output=True, text=True)
    return set(told.stdout.split())


def main():
    own = sys.argv[1:]
    flags = own[own.index("--") + 1 :] if "--" in own else []
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train")
    parser.add_argument("test")
    parser.add_argument("--network", default="", help="flags of train for the runs that do not go on: the network's")
    parser.add_argument("--new", help="the label that the first half lacks")
    given = parser.parse_args(own[: own.index("--")] if "--" in own else own)
    network = [*flags, *given.network.split()]
    rows, tests = rows_of(given.train), rows_of(given.test)
    if len({label for label, _ in rows}) == 2:
        limit = sorted(len(text) for _, text in rows)[len(rows) // 10]
        rows, tests = ([("short" if len(text) <= limit else label, text) for label, text in part] for part in (rows, tests))
        given.new = "short"
    new = given.new or min(collections.Counter(label for label, _ in rows).items(), key=lambda item: item[1])[0]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        test = write(folder / "test.tsv", tests)
        first = train(folder / "first", [row for row in rows[::2] if row[0] != new], network)
        went_on = train(folder / "went-on", rows[1::2], [*flags, "--init", str(first)])
        alone = train(folder / "alone", rows[1::2], network)
        whole = train(folder / "whole", rows, network)
        print(f"new label\t{new}")
        for name, model in (("first half", first), ("second half, gone on from it", went_on),
                            ("second half alone", alone), ("all at once", whole)):
            print(f"{name}\t{100 * accuracy(model, test):.2f} %")
        before, after = word_vectors(first), word_vectors(went_on)
        seen = counted_words(folder / "went-on.tsv", went_on, folder)
        untouched = [word for word in before if word not in seen and not word.startswith("<")]
        difference = max((abs(a - b) for word in untouched for a, b in zip(before[word], after[word])), default=0)
        print(f"words that the second half lacks\t{len(untouched)}\ngreatest difference of their weights\t{difference:.2g}")


if __name__ == "__main__":
    main()
