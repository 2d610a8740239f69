#!/usr/bin/env python3
"""Two builds of the program raced in pairs: every shape of `unroll bench cells`, and whole trainings.

    bench/paired.py BEFORE AFTER [--rounds 7] [--seconds 12] [--threads 1 2] [--cells lstm rnn]
                    [--precisions fp32 bf16] [--data DATA.tsv.gz ...] [--epochs 1] [--json FILE]

In a round both programs run once, in turn, and who begins changes from round to round; a ratio is that of
one round's two runs, so what disturbs the machine for longer than a run meets both. Printed are, for each
shape, the median of the rounds' ratios (time before / time after: above 1 is faster) with the interval
that holds the true median in 95 of 100 cases (order statistics; from 6 rounds on), then the geometric
mean of the medians and the shapes whose interval lies wholly below 0.97. --seconds is what one run of
all 16 shapes and both passes takes, about. --data trains on the files and also compares the models' hashes.
Needs Python 3 alone.
"""
import argparse
import hashlib
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def interval(values):
    """Of the median, 95 %, by order statistics; None with too few values."""
    values, count = sorted(values), len(values)
    low = -1
    chance = 0.0
    while chance + math.comb(count, low + 1) / 2**count <= 0.025:
        low += 1
        chance += math.comb(count, low) / 2**count
    return (values[low], values[count - 1 - low]) if low >= 0 else None


def cells(program, cell, threads, precision, seconds):
    """Microseconds of each shape and pass."""
    command = [program, "bench", "cells", "--cell", cell, "--threads", str(threads), "--precision", precision]
    command += ["--seconds", str(seconds), "--json", "--quiet"]
    rows = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return {
        f"{r['cell']} {r['pass']} {r['precision']} {threads} H {r['hidden']} B {r['batch']}": r["us"]
        for r in rows
        if r["precision"] == precision
    }


def training(program, data, threads, epochs):
    """Seconds, and a hash of the model."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        command = [program, "train", "--train", data, "--out", str(out), "--quiet", "--seed", "1"]
        command += ["--epochs", str(epochs), "--early-stop", "0", "--threads", str(threads)]
        begin = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        seconds = time.perf_counter() - begin
        return seconds, tensors_hash(out / "model.safetensors")


def tensors_hash(model):
    """Of the values alone: the header holds versions and times."""
    with open(model, "rb") as file:
        header = int.from_bytes(file.read(8), "little")
        file.seek(8 + header)
        return hashlib.sha256(file.read()).hexdigest()[:16]


class Race:
    """Ratios by name, in rounds."""

    def __init__(self, programs, rounds):
        self.programs, self.rounds = programs, rounds
        self.ratios = {}

    def run(self, measure):
        """`measure(program)` gives times by name."""
        for k in range(self.rounds):
            order = self.programs if k % 2 == 0 else self.programs[::-1]
            times = {program: measure(program) for program in order}
            before, after = (times[program] for program in self.programs)
            for name in before:
                if name in after:
                    self.ratios.setdefault(name, []).append(before[name] / after[name])

    def report(self, names):
        medians, slow = [], []
        for name in names:
            median, ends = statistics.median(self.ratios[name]), interval(self.ratios[name])
            medians.append(median)
            shown = f"({ends[0]:.3f}-{ends[1]:.3f})" if ends else "(too few rounds)"
            if ends and ends[1] < 0.97:
                slow.append(name)
            print(f"{name:44s} {median:.3f} {shown}")
        mean = statistics.geometric_mean(medians)
        print(f"geometric mean of {len(medians)}: {mean:.4f}; wholly below 0.97: {', '.join(slow) or 'none'}\n", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=12)
    parser.add_argument("--threads", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--cells", nargs="*", default=["lstm", "rnn"])
    parser.add_argument("--precisions", nargs="*", default=["fp32", "bf16"])
    parser.add_argument("--data", nargs="*", default=[])
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--json", help="write the rounds' ratios there")
    arguments = parser.parse_args()
    for variable in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        os.environ.pop(variable, None)
    race = Race([arguments.before, arguments.after], arguments.rounds)
    for cell in arguments.cells:
        for precision in arguments.precisions:
            for threads in arguments.threads:
                known = set(race.ratios)
                race.run(lambda program: cells(program, cell, threads, precision, arguments.seconds))
                race.report([name for name in race.ratios if name not in known])
    hashes = {}
    for data in arguments.data:
        for threads in arguments.threads:
            name = f"train {Path(data).name} {threads}"

            def measure(program):
                seconds, model = training(program, data, threads, arguments.epochs)
                hashes.setdefault(Path(data).name, {}).setdefault(program, set()).add(model)
                return {name: seconds}

            race.run(measure)
            race.report([name])
    for data, models in hashes.items():
        print(f"{data}: " + "; ".join(f"{program} {' '.join(sorted(found))}" for program, found in models.items()))
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(race.ratios, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
