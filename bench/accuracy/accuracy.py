#!/usr/bin/env python3
"""Trains on every data set of a folder and prints a table of test accuracies.

Usage: accuracy.py PROGRAM DATA RESULTS [--seeds 1,2,3] [--sets a,b] [--models fused,network,linear]

DATA holds NAME.train.tsv, NAME.dev.tsv and NAME.test.tsv of each set, plain or .gz. A model is trained on
train, its epoch and weights are chosen by dev, and it is tested on test once. RESULTS keeps one JSON file a
run, so a run that ended is not repeated: start the same command again after an interruption, or with more
seeds. Only Python's own library is needed.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MODELS = {"network": ["--no-ngrams"], "linear": ["--cell", "none"], "fused": []}


def part(data, name, which):
    for ending in (".tsv", ".tsv.gz"):
        path = data / f"{name}.{which}{ending}"
        if path.exists():
            return path
    return None


def sets_of(data):
    names = {path.name.split(".")[0] for path in data.iterdir() if ".train.tsv" in path.name}
    return sorted(name for name in names if part(data, name, "dev") and part(data, name, "test"))


def json_of(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def run(program, data, name, model, seed, threads):
    with tempfile.TemporaryDirectory() as folder:
        out = f"{folder}/model"
        begun, before = time.monotonic(), os.times()
        trained = json_of([program, "train", "--train", part(data, name, "train"), "--dev", part(data, name, "dev"),
                           "--out", out, "--seed", str(seed), "--threads", str(threads), "--quiet", "--json",
                           *MODELS[model]])
        seconds, after = time.monotonic() - begun, os.times()
        tested = json_of([program, "test", out, part(data, name, "test"), "--threads", str(threads), "--quiet",
                          "--json"])
        return {"set": name, "model": model, "seed": seed, "test": tested["accuracy"], "rows": tested["rows"],
                "dev": trained["dev_accuracy"], "epochs": trained["epochs"], "seconds": seconds,
                "processor_seconds": after.children_user - before.children_user,
                "peak_memory": trained["peak_memory"], "bytes": Path(trained["model"]).stat().st_size}


def results_of(options):
    for name in options.sets or sets_of(options.data):
        for model in options.models:
            for seed in options.seeds if model != "linear" else options.seeds[:1]:  # its seed only orders rows
                kept = options.results / f"{name}.{model}.{seed}.json"
                if not kept.exists():
                    print(f"{name} {model} seed {seed}", file=sys.stderr)
                    result = run(options.program, options.data, name, model, seed, options.threads)
                    kept.with_suffix(".part").write_text(json.dumps(result) + "\n")
                    kept.with_suffix(".part").rename(kept)
                yield json.loads(kept.read_text())


def mean_text(values):
    text = f"{100 * statistics.mean(values):.2f}"
    if len(values) > 1:
        text += f" ± {100 * statistics.stdev(values) / len(values) ** 0.5:.2f}"
    return text


def table(results):
    print("| set | model | seeds | dev % | test % | test rows | seconds | processor s | peak MB | model MB |")
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    groups = {}
    for result in results:
        groups.setdefault((result["set"], result["model"]), []).append(result)
    for (name, model), runs in groups.items():
        def mean(key, scale=1.0):
            return statistics.mean(run[key] for run in runs) / scale
        print(f"| {name} | {model} | {len(runs)} | {mean_text([run['dev'] for run in runs])} "
              f"| {mean_text([run['test'] for run in runs])} | {runs[0]['rows']} | {mean('seconds'):.1f} "
              f"| {mean('processor_seconds'):.1f} | {mean('peak_memory', 1e6):.0f} | {mean('bytes', 1e6):.1f} |")
    for model in MODELS:
        accuracies = [statistics.mean(run["test"] for run in runs) for (_, m), runs in groups.items() if m == model]
        if accuracies:
            print(f"\nmean of {len(accuracies)} sets, {model}: {100 * statistics.mean(accuracies):.2f} %", end="")
    print()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=lambda text: str(Path(text).resolve()))
    parser.add_argument("data", type=Path)
    parser.add_argument("results", type=Path)
    parser.add_argument("--seeds", type=lambda text: [int(seed) for seed in text.split(",")], default=[1, 2, 3])
    parser.add_argument("--sets", type=lambda text: text.split(","))
    parser.add_argument("--models", type=lambda text: text.split(","), default=list(MODELS))
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    options.results.mkdir(parents=True, exist_ok=True)
    table(list(results_of(options)))


if __name__ == "__main__":
    main()
