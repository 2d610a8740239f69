#!/usr/bin/env python3
"""Cuts texts with Python's jieba and with unroll's, in one run, and compares words and speed.

    python3 bench/compare-jieba.py build/release/bench/jieba_cut reviews.train.tsv.gz reviews.test.tsv.gz ...
    python3 bench/compare-jieba.py build/release/bench/jieba_cut --user-dictionary words.txt reviews.tsv

The text of a row is its last column; of a .conll file, the first columns of its lines up to a blank one. White space is
compared too. Both get one thread; a text is timed in both before the next file. Needs Python's jieba 0.42.1.
"""
import argparse
import gzip
import logging
import os
import subprocess
import sys
import tempfile
import time

import jieba

jieba.setLogLevel(logging.WARNING)


def texts_of(path):
    opened = gzip.open if path.endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8", newline="\n") as file:
        lines = file.read().split("\n")
    if ".conll" in os.path.basename(path):
        return ["".join(token.split("\t")[0] for token in sentence.split("\n"))
                for sentence in "\n".join(lines).split("\n\n")]
    rows = [line.split("\t")[-1] for line in lines]
    return rows[1:] if lines[0].split("\t")[0] == "label" else rows


def kind_of(theirs, ours):
    """Why two cuts of the same text differ, as far as a look at the words tells."""
    if "".join(theirs) != "".join(ours):
        return "text lost or changed"
    return "words"


def run(program, flags, file):
    return subprocess.run([program, *flags, file], check=True, stdout=subprocess.PIPE).stdout.decode()


def compare(program, flags, path):
    texts = [text for text in texts_of(path) if text]
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="\n", suffix=".txt") as file:
        file.write("".join(text + "\n" for text in texts))
        file.flush()
        begin = time.perf_counter()
        theirs = [jieba.lcut(text, HMM=True) for text in texts]
        seconds = time.perf_counter() - begin
        ours = [line.split("\t") for line in run(program, flags, file.name).split("\n")[:-1]]
        our_seconds = float(run(program, [*flags, "--seconds", "1"], file.name))
        size = os.path.getsize(file.name)
    assert len(ours) == len(theirs), (len(ours), len(theirs))
    differences = [(a, b) for a, b in zip(theirs, ours) if a != b]
    alike = 100 * (1 - len(differences) / max(len(texts), 1))
    name = os.path.basename(path)
    print(f"{name:<36} {len(texts):>7} {alike:>9.4f} {size / seconds / 1e6:>8.2f} {size / our_seconds / 1e6:>8.2f} "
          f"{seconds / our_seconds:>7.1f}", flush=True)
    for a, b in differences[:5]:
        print(f"    {kind_of(a, b)}: jieba {'|'.join(a)}\n    {' ' * len(kind_of(a, b))}  ours  {'|'.join(b)}")
    return len(texts), len(differences), seconds, our_seconds


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("program")
    arguments.add_argument("files", nargs="+")
    arguments.add_argument("--dictionary")
    arguments.add_argument("--user-dictionary")
    asked = arguments.parse_args()
    flags = []
    if asked.dictionary:
        jieba.set_dictionary(asked.dictionary)
        flags += ["--dictionary", asked.dictionary]
    if asked.user_dictionary:
        jieba.load_userdict(asked.user_dictionary)
        flags += ["--user-dictionary", asked.user_dictionary]
    jieba.initialize()
    print(f"jieba {jieba.__version__}\n{'file':<36} {'texts':>7} {'% alike':>9} {'their':>8} {'our MB/s':>8} {'times':>7}")
    sums = [sum(column) for column in zip(*(compare(asked.program, flags, file) for file in asked.files))]
    print(f"{'all':<36} {sums[0]:>7} {100 * (1 - sums[1] / sums[0]):>9.4f} {'':>8} {'':>8} {sums[2] / sums[3]:>7.1f}")
    sys.exit(0 if sums[1] <= 0.001 * sums[0] else 1)


if __name__ == "__main__":
    main()
