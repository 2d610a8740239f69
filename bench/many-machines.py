#!/usr/bin/env python3
"""What many machines would give: a model of a step's cost, whose one-machine terms are measured here.

    bench/many-machines.py [--batch 64,512] [--hidden 128] [--embedding 128] [--words 60] [--rounds 3]

With R machines on B texts a step takes

    T(R) = compute(B/R) + every + pack * G + 2 (R-1)/R * G / bandwidth + 3 * (latency + (R-1) * message)

    compute(B/R)  the gradient of B/R texts: measured with `unroll train --shards R` in one process
    every         what each machine does for itself: batch, clipping, optimizer, average: measured
    G             bytes of a gradient, an embedding's as the rows of the batch's words: measured with two ranks
    pack          seconds for a byte to be copied, added and copied back: measured in the same run of shards
    3             a step's exchanges: what each rank has, its rows, the sums
    latency, message: of a TCP message between two machines, and of each further one that a rank sends at once

and the speed-up is T(1) without the terms of exchange, by T(R). The text of made-up words has about so
many tokens; words come as often as in English (Zipf). OMP_NUM_THREADS says how many threads a rank has.
Printed is a Markdown table. The build is build/release/unroll; UNROLL names another.
Needs Python 3, and mpirun for G (without it, G is left to --bytes).
"""
import argparse
import json
import os
import random
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("UNROLL", str(ROOT / "build/release/unroll"))
MACHINES = (2, 4, 8, 16)
# Bytes a second that TCP makes of a link, and seconds of a message over it.
LINKS = {"1 Gbit/s": (0.117e9, 60e-6), "10 Gbit/s": (1.15e9, 30e-6), "100 Gbit/s": (11e9, 15e-6)}
MESSAGE = 3e-6


def write_texts(path, rows, words, seed=1):
    """Texts whose label is in one word of each."""
    draw = random.Random(seed)
    weights = [1 / (k + 3) for k in range(20000)]
    with open(path, "w") as file:
        file.write("label\ttext\n")
        for _ in range(rows):
            length = max(5, int(draw.lognormvariate(0, 0.5) * words))
            text = [f"w{k}" for k in draw.choices(range(20000), weights, k=length)]
            label = draw.choice(("good", "bad"))
            text[draw.randrange(length)] = label
            file.write(f"{label}\t{' '.join(text)}\n")


def train(data, folder, flags, launcher=()):
    out = Path(folder) / "out"
    shutil.rmtree(out, ignore_errors=True)
    command = [*launcher, PROGRAM, "train", "--train", data, "--out", str(out), "--no-ngrams", "--epochs", "1",
               "--early-stop", "0", "--checkpoint-minutes", "0", "--quiet", "--json", *flags]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    result = json.loads(run.stdout)
    lines = [json.loads(line) for line in open(out / "metrics.jsonl")]
    steps = [line for line in lines if line["event"] == "step"]
    plan = next(line for line in lines if line["event"] == "plan")
    # The steps between the first and the last one that is written: no start, no evaluation.
    done = (steps[-1]["step"] - steps[0]["step"]) or 1
    result["step_ms"] = 1000 * (steps[-1]["seconds"] - steps[0]["seconds"]) / done
    result["steps"] = plan["steps_per_epoch"]
    return result


def measure(data, folder, batch, args):
    """For each number of shards the best of the rounds: milliseconds of a shard, of the sum and of the rest."""
    model = ["--batch", str(batch), "--hidden", str(args.hidden), "--embedding", str(args.embedding)]
    best = {}
    for _ in range(args.rounds):
        for shards in (1, *MACHINES):
            # One shard has no times of its own: the whole step is measured.
            found = train(data, folder, [*model, "--shards", str(shards)])
            shard = (found["compute_ms"] or 0) / shards
            sums = found["exchange_ms"] or 0
            rest = found["step_ms"] - shard * shards - sums
            if shards not in best or found["step_ms"] < best[shards]["step"]:
                best[shards] = {"step": found["step_ms"], "shard": shard, "sums": sums, "rest": rest}
    gradient = args.bytes
    if not gradient:
        gradient = train(data, folder, model, ["mpirun", "--oversubscribe", "-n", "2"])["exchanged_bytes"]
    return best, gradient


def speed_up(times, gradient, machines, bandwidth, latency):
    pack = times[2]["sums"] / 1000 / (2 * gradient)  # two shards were added
    alone = times[1]["step"] / 1000
    every = times[machines]["rest"] / 1000
    compute = times[machines]["shard"] / 1000
    wire = 2 * (machines - 1) / machines * gradient / bandwidth
    waits = 3 * (latency + (machines - 1) * MESSAGE)
    return alone / (compute + every + 2 * pack * gradient + wire + waits)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", default="64,512")
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--embedding", type=int, default=128)
    parser.add_argument("--words", type=int, default=60)
    parser.add_argument("--rows", type=int, default=0, help="of the data; 0: 24 batches")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bytes", type=float, default=0, help="of a gradient; 0: measured with mpirun")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for batch in map(int, args.batch.split(",")):
            data = str(Path(folder) / f"{batch}.tsv")
            write_texts(data, args.rows or 24 * batch, args.words)
            times, gradient = measure(data, folder, batch, args)
            print(f"\nBatches of {batch} texts: a step on one machine {times[1]['step']:.1f} ms, "
                  f"a gradient {gradient / 2**20:.2f} MiB\n")
            print("| machines | texts of each | their gradient, ms | " + " | ".join(LINKS) + " |")
            print("|---|---|---|" + "---|" * len(LINKS))
            for machines in MACHINES:
                gains = [speed_up(times, gradient, machines, *link) for link in LINKS.values()]
                print(f"| {machines} | {batch / machines:g} | {times[machines]['shard']:.1f} | "
                      + " | ".join(f"{gain:.2f}" for gain in gains) + " |")


if __name__ == "__main__":
    main()
