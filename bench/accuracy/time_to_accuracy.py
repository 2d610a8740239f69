#!/usr/bin/env python3
"""How long until a model is good? Seconds from the raw file to a saved model, for the program and its baselines.

Usage: time_to_accuracy.py PROGRAM DATA RESULTS [--sets a,b] [--threads 2] [--plot FILE.svg]

RESULTS is the folder of accuracy.py, which has tuned fastText and scikit-learn before; each contender now trains once,
with the tuned setting, from a cold start: starting the interpreter, reading, cutting words and saving count. The program
saves a first model when its linear part is solved and another after each better epoch; each is kept and tested afterwards,
so the program has a curve. So has PyTorch, whose times are those of its epochs' ends. fastText's autotune gets a minute
(--autotune). The targets are the test accuracies of tuned fastText, of the tuned linear model, and one point more.

Nothing else may run meanwhile.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import baselines
from rows import part, read_rows, sets_of

HERE = Path(__file__).resolve().parent


class Watch:
    """Keeps each version of a file that replaces itself, with the seconds at which it came."""

    def __init__(self, path, folder):
        self.path, self.folder, self.begun, self.kept = path, folder, time.monotonic(), []
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def look(self):
        try:
            at = self.path.stat().st_ino
            if self.kept and at == self.kept[-1][2]:
                return
            copy = self.folder / f"version.{len(self.kept)}"
            os.link(self.path, copy)
            self.kept.append((time.monotonic() - self.begun, copy, copy.stat().st_ino))
        except FileNotFoundError:
            pass

    def run(self):
        while not self.ended.wait(0.01):
            self.look()

    def stop(self):
        """→ seconds at the end."""
        seconds = time.monotonic() - self.begun
        self.ended.set()
        self.thread.join()
        self.look()
        return seconds


def program_curve(options, name, flags):
    """[(seconds, test accuracy)] of each model that a training saves, and of its end."""
    with tempfile.TemporaryDirectory(dir=options.results) as folder:
        folder = Path(folder)
        watch = Watch(folder / "model" / "model.safetensors", folder)
        subprocess.run([options.program, "train", "--train", part(options.data, name, "train"), "--dev",
                        part(options.data, name, "dev"), "--out", folder / "model", "--threads", str(options.threads),
                        "--quiet", *flags], check=True, stdout=subprocess.DEVNULL)
        end = watch.stop()
        curve = []
        for seconds, copy, _ in watch.kept:
            tested = subprocess.run([options.program, "test", copy, part(options.data, name, "test"), "--quiet",
                                     "--json"], check=True, stdout=subprocess.PIPE).stdout
            curve.append((seconds, json.loads(tested)["accuracy"]))
        return curve + [(end, curve[-1][1])]


def baseline_curve(options, name, which, setting, judge):
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model"
        begun = time.time()
        done = subprocess.run([sys.executable, HERE / "baselines.py", which, options.data, name, json.dumps(setting), model,
                               str(options.threads)], check=True, stdout=subprocess.PIPE)
        seconds = time.time() - begun
        if which == "pytorch":
            epochs = [json.loads(line) for line in done.stdout.decode().splitlines()]
            return [(epoch["time"] - begun, epoch["test"]) for epoch in epochs]
        return [(seconds, judge(model))]


def fasttext_judge(data, name, cut_name):
    rows = baselines.rows_of(data, name)

    def judge(model):
        numbers = baselines.write_fasttext(model.parent, rows, baselines.cuts_of(rows["train"])[cut_name])
        return baselines.fasttext_accuracy(f"{model}.bin", model.parent / "test", rows["test"], numbers)
    return judge


def tuned(options, name, model):
    path = options.results / f"{name}.{model}.1.json"
    if not path.exists():
        sys.exit(f"{path} is missing: run accuracy.py with --models {model} first")
    return json.loads(path.read_text())


def contenders(options, name):
    """{contender: what measures its curve}, and the targets."""
    test = read_rows(part(options.data, name, "test"))
    fasttext, linear = tuned(options, name, "fasttext"), tuned(options, name, "scikit-learn")
    cut = fasttext["setting"][0]
    autotune = [cut, "-autotune-duration", str(options.autotune)]
    return {
        "unroll": lambda: program_curve(options, name, []),
        "unroll --preset fast": lambda: program_curve(options, name, ["--preset", "fast"]),
        "scikit-learn, tuned before": lambda: baseline_curve(
            options, name, "scikit-learn", linear["setting"], lambda model: baselines.linear_accuracy(model, test)),
        "scikit-learn, unroll's n-grams": lambda: baseline_curve(
            options, name, "scikit-learn", baselines.SAME_NGRAMS[baselines.is_unspaced(test)],
            lambda model: baselines.linear_accuracy(model, test)),
        "fastText, tuned before": lambda: baseline_curve(
            options, name, "fasttext", fasttext["setting"], fasttext_judge(options.data, name, cut)),
        f"fastText's autotune, {options.autotune} s": lambda: baseline_curve(
            options, name, "autotune", autotune, fasttext_judge(options.data, name, cut)),
        "PyTorch's BiLSTM": lambda: baseline_curve(options, name, "pytorch", [cut], None),
    }, [fasttext["test"], linear["test"], linear["test"] + 0.01]


def curves_of(options, name):
    """{contender: curve}. Each is measured once and kept, so an interrupted run goes on."""
    kept = options.results / f"{name}.time.json"
    curves = json.loads(kept.read_text()) if kept.exists() else {}
    to_measure, curves["targets"] = contenders(options, name)
    for contender, measure in to_measure.items():
        if contender not in curves:
            print(f"{name} {contender}", file=sys.stderr)
            curves[contender] = measure()
            kept.with_suffix(".part").write_text(json.dumps(curves))
            kept.with_suffix(".part").rename(kept)
    return {contender: curves[contender] for contender in [*to_measure, "targets"]}


def reached(curve, target):
    seconds = next((seconds for seconds, accuracy in curve if accuracy >= target), None)
    return f"{seconds:.1f}" if seconds is not None else "–"


def print_table(name, curves):
    targets = curves["targets"]
    print(f"\n**{name}**: seconds until a saved model has the test accuracy of\n")
    print("| | fastText, {:.1f} % | linear, {:.1f} % | one point more, {:.1f} % | all done | then % |".format(
        *(100 * target for target in targets)))
    print("|---|--:|--:|--:|--:|--:|")
    for contender, curve in curves.items():
        if contender != "targets":
            print(f"| {contender} | " + " | ".join(reached(curve, target) for target in targets)
                  + f" | {curve[-1][0]:.1f} | {100 * curve[-1][1]:.1f} |")


def plot(all_curves, path):
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.fonttype"] = "none"  # text, not the outlines of its letters
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, len(all_curves), figsize=(4.2 * len(all_curves), 3.6), squeeze=False)
    for panel, (name, curves) in zip(panels[0], all_curves.items()):
        for contender, curve in curves.items():
            if contender == "targets":
                continue
            seconds, accuracies = [point[0] for point in curve], [100 * point[1] for point in curve]
            panel.plot(seconds, accuracies, "o-", markersize=3, label=contender)
        for target in curves["targets"][:2]:
            panel.axhline(100 * target, color="0.6", linewidth=0.7, linestyle=":")
        panel.set_xscale("log")
        panel.set_title(name)
        panel.set_xlabel("seconds from the raw file")
    panels[0][0].set_ylabel("test accuracy, %")
    handles, labels = panels[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncol=3, fontsize="small", frameon=False)
    figure.tight_layout(rect=(0, 0.14, 1, 1))
    figure.savefig(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=lambda text: str(Path(text).resolve()))
    parser.add_argument("data", type=Path)
    parser.add_argument("results", type=Path)
    parser.add_argument("--sets", type=lambda text: text.split(","))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--autotune", type=int, default=60)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    all_curves = {name: curves_of(options, name) for name in options.sets or sets_of(options.data)}
    for name, curves in all_curves.items():
        print_table(name, curves)
    if options.plot:
        plot(all_curves, options.plot)


if __name__ == "__main__":
    main()
