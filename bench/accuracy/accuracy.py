#!/usr/bin/env python3
"""Trains on every data set of a folder and prints a table of test accuracies, the program's next to its baselines'.

Usage: accuracy.py PROGRAM DATA RESULTS [--seeds 1,2,3] [--sets a,b] [--models default,fast,network,fasttext,...]
                   [--variant NAME='FLAGS OF TRAIN' ...]

DATA holds NAME.train.tsv, NAME.dev.tsv and NAME.test.tsv of each set, plain or .gz. A model is trained on train; its
epoch, weights or setting are chosen by dev, and it is tested on test once. RESULTS keeps one JSON file a run, so a run
that ended is not repeated: start the same command again after an interruption, or with more seeds. A variant is one more
model of the program, with the flags that are given, such as --variant jieba='--tokenizer jieba'.

The models of the program need Python's own library alone. fasttext needs Debian's program of that name; scikit-learn and
pytorch need those packages, and jieba adds words to them on Chinese sets. bench/accuracy/install.sh installs all of them.
"""

import argparse
import json
import math
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from baselines import RUNNERS
from rows import part, sets_of

PRESETS = {"fast": ["--preset", "fast"], "default": [], "best": ["--preset", "best"], "network": ["--no-ngrams"]}
WITHOUT_SEED = ("fast", "scikit-learn")  # all seeds give the same model, or nearly


def json_of(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def calibration_error(answers):
    """The expected calibration error (15 bins) of [(probability of the label, whether it is right)]."""
    bins = {}
    for probability, is_right in answers:
        bins.setdefault(min(14, math.ceil(probability * 15) - 1), []).append(is_right - probability)
    return sum(abs(sum(gaps)) for gaps in bins.values()) / len(answers)


def uncalibrated_error(program, model, path):
    """The error of a network alone before its temperature T was fitted: softmax(O) is softmax(O / T)^T, normalized."""
    temperature = json_of([program, "inspect", model, "--json"])["temperature"]
    if temperature in (None, 1):  # None with n-grams, whose weights in the fusion hold it
        return None
    predicted = subprocess.run([program, "predict", model, path, "--jsonl", "--top", "1000000", "--quiet"], check=True,
                               stdout=subprocess.PIPE)
    answers = []
    for line in predicted.stdout.splitlines():
        row = json.loads(line)
        powers = {label: p ** temperature for label, p in row["prediction"]["probabilities"].items()}
        label = max(powers, key=powers.get)
        answers.append((powers[label] / sum(powers.values()), label == row["label"]))
    return calibration_error(answers)


def run_program(program, data, name, flags, seed, threads):
    with tempfile.TemporaryDirectory() as folder:
        begun, before = time.monotonic(), os.times()
        trained = json_of([program, "train", "--train", part(data, name, "train"), "--dev", part(data, name, "dev"),
                           "--out", f"{folder}/model", "--seed", str(seed), "--threads", str(threads), "--quiet",
                           "--json", *flags])
        seconds, after = time.monotonic() - begun, os.times()
        tested = json_of([program, "test", f"{folder}/model", part(data, name, "test"), "--threads", str(threads),
                          "--quiet", "--json"])
        return {"test": tested["accuracy"], "rows": tested["rows"], "dev": trained["dev_accuracy"],
                "epochs": trained["epochs"], "seconds": seconds, "calibration_error": tested["calibration"]["error"],
                "uncalibrated_error": uncalibrated_error(program, f"{folder}/model", part(data, name, "test")),
                "processor_seconds": after.children_user - before.children_user,
                "peak_memory": trained["peak_memory"], "bytes": Path(trained["model"]).stat().st_size}


def run(options, name, model, seed):
    if model in options.flags:
        result = run_program(options.program, options.data, name, options.flags[model], seed, options.threads)
    else:
        result = RUNNERS[model](options.data, name, seed, options.threads)
    return {"set": name, "model": model, "seed": seed, **result}


def results_of(options):
    for name in options.sets or sets_of(options.data):
        for model in options.models:
            for seed in options.seeds[:1] if model in WITHOUT_SEED else options.seeds:
                kept = options.results / f"{name}.{model}.{seed}.json"
                if not kept.exists():
                    print(f"{name} {model} seed {seed}", file=sys.stderr)
                    result = run(options, name, model, seed)
                    kept.with_suffix(".part").write_text(json.dumps(result) + "\n")
                    kept.with_suffix(".part").rename(kept)
                yield json.loads(kept.read_text())


def mean_text(values):
    text = f"{100 * statistics.mean(values):.2f}"
    if len(values) > 1:
        text += f" ± {100 * statistics.stdev(values) / len(values) ** 0.5:.2f}"
    return text


def figure(runs, key, scale=1.0, digits=1):
    values = [run[key] for run in runs if run.get(key) is not None]
    return f"{statistics.mean(values) / scale:.{digits}f}" if values else "–"


def groups_of(results):
    groups = {}
    for result in results:
        groups.setdefault((result["set"], result["model"]), []).append(result)
    return groups


def print_runs(groups):
    print("| set | model | seeds | dev % | test % | test rows | calibration error %, before | and after | seconds "
          "| processor s | peak MB | model MB |")
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for (name, model), runs in groups.items():
        print(f"| {name} | {model} | {len(runs)} | {mean_text([run['dev'] for run in runs])} "
              f"| {mean_text([run['test'] for run in runs])} | {runs[0]['rows']} "
              f"| {figure(runs, 'uncalibrated_error', 0.01)} | {figure(runs, 'calibration_error', 0.01)} "
              f"| {figure(runs, 'seconds')} | {figure(runs, 'processor_seconds')} | {figure(runs, 'peak_memory', 1e6, 0)} "
              f"| {figure(runs, 'bytes', 1e6)} |")


def print_summary(groups, models):
    """Test accuracies, a set a line, and their means over the sets that all models have."""
    names = list(dict.fromkeys(name for name, _ in groups))
    models = [model for model in models if any((name, model) in groups for name in names)]
    print("| set | " + " | ".join(models) + " |\n|---|" + "--:|" * len(models))
    means = {key: statistics.mean(run["test"] for run in runs) for key, runs in groups.items()}
    for name in names:
        print(f"| {name} | " + " | ".join(f"{100 * means[name, model]:.2f}" if (name, model) in means else "–"
                                          for model in models) + " |")
    shared = [name for name in names if all((name, model) in means for model in models)]
    if shared:
        print(f"| mean of {len(shared)} | " + " | ".join(
            f"**{100 * statistics.mean(means[name, model] for name in shared):.2f}**" for model in models) + " |")


def variant(text):
    name, equals, flags = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"a variant is NAME=FLAGS, not '{text}'")
    return name, shlex.split(flags)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=lambda text: str(Path(text).resolve()))
    parser.add_argument("data", type=Path)
    parser.add_argument("results", type=Path)
    parser.add_argument("--seeds", type=lambda text: [int(seed) for seed in text.split(",")], default=[1, 2, 3])
    parser.add_argument("--sets", type=lambda text: text.split(","))
    parser.add_argument("--models", type=lambda text: text.split(","))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--variant", type=variant, action="append", default=[])
    options = parser.parse_args()
    options.flags = {**PRESETS, **dict(options.variant)}
    options.models = options.models or ([name for name, _ in options.variant] or ["fast", "default", "network"])
    known = {**options.flags, **RUNNERS}
    unknown = [model for model in options.models if model not in known]
    if unknown:
        parser.error(f"{unknown[0]} is none of {', '.join(known)}")
    options.results.mkdir(parents=True, exist_ok=True)
    groups = groups_of(results_of(options))
    print_runs(groups)
    print()
    print_summary(groups, options.models)


if __name__ == "__main__":
    main()
