#!/usr/bin/env python3
"""From the start of `unroll predict` to its first answer, as a multiple of `unroll --version`: medians of --times starts, in turns.

    start.py PROGRAM MODEL… [--text TEXT] [--times 50]

A start is timed from its system call until the line arrives; what the program does to end is not a part of it.
"""

import argparse
import os
import statistics
import time
from pathlib import Path


def milliseconds_to_line(command, text):
    """The text is on standard input before the program starts."""
    input_end, to_program = os.pipe()
    os.write(to_program, text)
    os.close(to_program)
    from_program, output_end = os.pipe()
    actions = [(os.POSIX_SPAWN_DUP2, input_end, 0), (os.POSIX_SPAWN_DUP2, output_end, 1)]
    begun = time.perf_counter()
    process = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
    os.close(output_end)
    line = os.read(from_program, 4096)
    milliseconds = (time.perf_counter() - begun) * 1000
    os.close(from_program)
    os.close(input_end)
    _, status = os.waitpid(process, 0)
    if status != 0 or not line.endswith(b"\n"):
        raise SystemExit(f"{' '.join(command)} answers {line!r}, status {status}")
    return milliseconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("models", nargs="+")
    parser.add_argument("--text", default="A lovely film, and a long one.")
    parser.add_argument("--times", type=int, default=50)
    flags = parser.parse_args()
    text = flags.text.encode() + b"\n"
    starts = {"unroll --version": [flags.program, "--version"]}
    for model in flags.models:
        size = (Path(model) / "model.safetensors").stat().st_size / 1e6
        starts[f"unroll predict, {Path(model).name}, {size:.1f} MB"] = [flags.program, "predict", model, "-"]
    times = {name: [] for name in starts}
    for number in range(flags.times + 3):
        for name, command in starts.items():
            milliseconds = milliseconds_to_line(command, text)
            if number >= 3:  # before, files may come from the disk
                times[name].append(milliseconds)
    version = statistics.median(times["unroll --version"])
    print("| start | ms to the first line: median (least–largest) | times `--version` |")
    print("|---|---|--:|")
    for name, values in times.items():
        median = statistics.median(values)
        print(f"| {name} | {median:.1f} ({min(values):.1f}–{max(values):.1f}) | {median / version:.2f} |")


if __name__ == "__main__":
    main()
