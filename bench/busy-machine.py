#!/usr/bin/env python3
"""How training shares a machine: seconds of `unroll train` alone and next to other work.

    bench/busy-machine.py [--before PROGRAM] [--rounds 7] [--markdown FILE] [DATA.tsv.gz ...]

Each condition (nothing else, busy neighbours, short bursts, a second training, a quota, one processor) is
set up anew for each run; in a round every program and number of threads runs once, in turn, so that
whatever else disturbs the machine meets all of them. Printed are the median of the rounds and, in
brackets, the fastest and the slowest; then the default's median as a multiple of the better of one and
of all threads. With --before, a build of earlier: alone as many rounds, otherwise one, and the ratio of
both builds alone with its 95 % interval (bootstrap of the rounds' ratios).

--markdown FILE overwrites FILE with the table: give it a file of its own, not the page in docs/measurements.

DATA: labelled texts as `unroll train` reads them; a tiny model on made-up texts is always there.
A quota needs root and a control group that can be made; without, that condition is left out.
Needs Python 3 alone. The build is build/release/unroll; UNROLL names another.
"""
import argparse
import contextlib
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("UNROLL", str(ROOT / "build/release/unroll"))
LONGEST = 240  # seconds of one run; beyond, it counts as that

BUSY = "while True: pass"
BURSTS = """
import time
while True:
    end = time.perf_counter() + 0.005
    while time.perf_counter() < end: pass
    time.sleep(0.015)
"""


def tiny_data(folder):
    """Short texts of two classes, as a homework has them."""
    draw = random.Random(7)
    good = "good great lovely warm bright kind happy fresh".split()
    bad = "bad awful gloomy cold dull rude sad stale".split()
    filler = "the room a meal staff was and very it this film".split()
    path = Path(folder) / "tiny.tsv"
    with open(path, "w", encoding="utf-8") as file:
        file.write("label\ttext\n")
        for row in range(240):
            words = draw.choices(filler, k=draw.randint(3, 7))
            words.insert(draw.randrange(len(words) + 1), draw.choice(bad if row % 2 else good))
            file.write(("neg" if row % 2 else "pos") + "\t" + " ".join(words) + "\n")
    return path


class Training:
    """One data set and how long it is trained on."""

    def __init__(self, name, data, flags):
        self.name, self.data, self.flags = name, data, flags

    def command(self, program, threads, out):
        command = [program, "train", "--train", str(self.data), "--out", out, "--overwrite", "--quiet", "--seed", "1"]
        command += self.flags + ["--early-stop", "0"]
        return command + (["--threads", str(threads)] if threads else [])


def run(command, prefix=(), group=None):
    """Seconds of the command; LONGEST if it takes longer."""

    def enter():
        if group:
            (group / "cgroup.procs").write_text(str(os.getpid()))

    begin = time.perf_counter()
    process = subprocess.Popen([*prefix, *command], stdout=subprocess.DEVNULL, preexec_fn=enter)
    # Not wait(timeout), which looks only every 50 ms.
    end = threading.Timer(LONGEST, process.kill)
    end.start()
    status = process.wait()
    end.cancel()
    seconds = time.perf_counter() - begin
    if status != 0 and seconds < LONGEST:
        sys.exit(f"busy-machine: status {status}: {' '.join(command)}")
    return seconds


@contextlib.contextmanager
def neighbours(*commands):
    processes = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for command in commands]
    try:
        time.sleep(0.1 if commands else 0)
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def make_quota_group():
    """A control group with one processor's time, or None."""
    name = f"unroll-busy-machine-{os.getpid()}"
    try:
        group = Path("/sys/fs/cgroup/cpu") / name  # version 1
        if group.parent.is_dir():
            group.mkdir()
            (group / "cpu.cfs_period_us").write_text("100000")
            (group / "cpu.cfs_quota_us").write_text("100000")
            return group
        group = Path("/sys/fs/cgroup") / name  # version 2
        group.mkdir()
        (group / "cpu.max").write_text("100000 100000")
        return group
    except OSError:
        return None


def conditions(folder, group):
    """name -> function(command, twin) that sets it up, runs, and returns seconds. twin: the same training
    into another folder, without end."""
    python = [sys.executable, "-c"]
    busy, bursts = python + [BUSY], python + [BURSTS]

    def beside(*others):
        def seconds(command, twin):
            with neighbours(*others):
                return run(command)
        return seconds

    def beside_its_twin(command, twin):
        with neighbours(twin):
            return run(command)

    found = {
        "alone": beside(),
        "one busy process": beside(busy),
        "two busy processes": beside(busy, busy),
        "busy 5 ms of every 20": beside(bursts),
        "two trainings at once": beside_its_twin,
    }
    if group:
        found["quota of one processor"] = lambda command, twin: run(command, group=group)
    first = sorted(os.sched_getaffinity(0))[0]
    if shutil.which("taskset"):
        found["taskset, one processor"] = lambda command, twin: run(command, prefix=["taskset", "-c", str(first)])
    return found


def interval(ratios):
    """95 % of the medians of samples drawn again from these."""
    draw = random.Random(1)
    medians = sorted(statistics.median(draw.choices(ratios, k=len(ratios))) for _ in range(2000))
    return medians[50], medians[-51]


def shown(seconds):
    return f"{statistics.median(seconds):.2f} ({min(seconds):.2f}–{max(seconds):.2f})"


def measure(training, condition, seconds_of, programs, threads, rounds, folder):
    """(program, threads) -> seconds of each round."""
    found = {(name, count): [] for name in programs for count in threads}
    for turn in range(rounds):
        for (name, count), seconds in found.items():
            if name == "before" and condition != "alone" and turn > 0:
                continue
            twin = training.command(programs[name], count, f"{folder}/twin") + ["--epochs", "100000"]
            command = training.command(programs[name], count, f"{folder}/run") + ["--epochs", training.epochs]
            seconds.append(seconds_of(command, twin))
            print(f"  {training.name}, {condition}, round {turn + 1}, {name}, {count or 'default'}: "
                  f"{seconds[-1]:.2f} s", file=sys.stderr)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="*")
    parser.add_argument("--before")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--epochs", default="6", help="of the data sets (the tiny model has 200)")
    parser.add_argument("--threads", help="numbers besides the default, with commas (default: 1 and all)")
    parser.add_argument("--only", help="conditions that contain this text")
    parser.add_argument("--markdown")
    options = parser.parse_args()
    programs = {"now": PROGRAM} | ({"before": options.before} if options.before else {})
    all_threads = len(os.sched_getaffinity(0))
    counts = [int(k) for k in options.threads.split(",")] if options.threads else sorted({1, all_threads})
    threads = [None, *counts]
    lines = ["| data | condition | program | " + " | ".join(f"{k} threads, s" if k else "default, s" for k in threads) +
             " | default / best | now / before (95 %) |", "|" + "---|" * (5 + len(threads))]
    with tempfile.TemporaryDirectory() as folder:
        trainings = [Training("tiny", tiny_data(folder), ["--hidden", "16", "--embedding", "16"])]
        trainings[0].epochs = "200"
        for data in options.data:
            trainings.append(Training(Path(data).name.split(".")[0], data, []))
            trainings[-1].epochs = options.epochs
        group = make_quota_group()
        try:
            for training in trainings:
                for condition, seconds_of in conditions(folder, group).items():
                    if options.only and options.only not in condition:
                        continue
                    found = measure(training, condition, seconds_of, programs, threads, options.rounds, folder)
                    lines += rows(training, condition, programs, threads, found)
                    print("\n".join(lines[-len(programs):]), flush=True)
        finally:
            if group:
                group.rmdir()
    if options.markdown:
        Path(options.markdown).write_text("\n".join(lines) + "\n", encoding="utf-8")


def rows(training, condition, programs, threads, found):
    lines = []
    for name in programs:
        medians = {count: statistics.median(found[name, count]) for count in threads}
        best = min(medians[count] for count in threads if count)
        versus = ""
        if name == "now" and "before" in programs and condition == "alone":
            parts = []
            for count in threads:
                ratios = [a / b for a, b in zip(found["now", count], found["before", count])]
                low, high = interval(ratios)
                parts.append(f"{statistics.median(ratios):.2f} ({low:.2f}–{high:.2f})")
            versus = ", ".join(parts)
        lines.append(f"| {training.name} | {condition} | {name} | " +
                     " | ".join(shown(found[name, count]) for count in threads) +
                     f" | {medians[None] / best:.2f} | {versus} |")
    return lines


if __name__ == "__main__":
    main()
