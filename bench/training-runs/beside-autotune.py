#!/usr/bin/env python3
"""Races `unroll tune` against fastText's autotune: both search for the same time, at once, on one processor each.

    beside-autotune.py PROGRAM DATA [--sets a,b] [--duration 300]

DATA is a folder as bench/accuracy/accuracy.py reads it. Both get the train part and choose by the dev part; the test part is
looked at once. fastText tries each way of cutting words that suits the set, for the whole time each, and dev chooses. Needs
Debian's fasttext, and for Chinese sets Python's jieba if that way of cutting is wanted.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "accuracy"))
import baselines  # noqa: E402
from rows import cuts_of, part, sets_of  # noqa: E402


def start_tune(flags, name, folder):
    return subprocess.Popen([flags.program, "tune", "--train", part(flags.data, name, "train"), "--dev",
                             part(flags.data, name, "dev"), "--out", folder / "run", "--duration", str(flags.duration),
                             "--threads", "1", "--quiet"], stdout=subprocess.DEVNULL)


def tuned_accuracy(flags, name, folder):
    tested = {}
    for which in ("dev", "test"):
        done = subprocess.run([flags.program, "test", folder / "run", part(flags.data, name, which), "--json", "--quiet"],
                              check=True, stdout=subprocess.PIPE)
        tested[which] = json.loads(done.stdout)["accuracy"]
    return tested


def autotuned_accuracy(flags, name, cut, folder):
    rows = baselines.rows_of(flags.data, name)
    numbers = baselines.write_fasttext(folder, rows, cut)
    subprocess.run(["fasttext", "supervised", "-input", folder / "train", "-output", folder / "model", "-autotune-validation",
                    folder / "dev", "-autotune-duration", str(flags.duration), "-thread", "1", "-verbose", "0"], check=True,
                   stderr=subprocess.DEVNULL)
    return {which: baselines.fasttext_accuracy(folder / "model.bin", folder / which, rows[which], numbers)
            for which in ("dev", "test")}


def race(flags, name):
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        begun = time.monotonic()
        tune = start_tune(flags, name, folder)
        autotuned = []
        for cut in cuts_of(baselines.rows_of(flags.data, name, ("train",))["train"]).values():
            autotuned.append(autotuned_accuracy(flags, name, cut, folder))
        if tune.wait() != 0:
            sys.exit(f"tune ended with {tune.returncode}")
        best = max(autotuned, key=lambda found: found["dev"])
        tuned = tuned_accuracy(flags, name, folder)
        print(f"| {name} | {100 * tuned['dev']:.1f} | {100 * tuned['test']:.1f} | {100 * best['dev']:.1f} "
              f"| {100 * best['test']:.1f} | {time.monotonic() - begun:.0f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=lambda text: str(Path(text).resolve()))
    parser.add_argument("data", type=Path)
    parser.add_argument("--sets", type=lambda text: text.split(","))
    parser.add_argument("--duration", type=int, default=300)
    flags = parser.parse_args()
    print("| set | unroll tune: dev % | test % | fastText's autotune: dev % | test % | seconds |\n|---|--:|--:|--:|--:|--:|",
          flush=True)
    for name in flags.sets or sets_of(flags.data):
        race(flags, name)


if __name__ == "__main__":
    main()
