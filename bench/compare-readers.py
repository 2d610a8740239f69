#!/usr/bin/env python3
"""From files to ids: unroll against fastText's reader and pandas' C reader, in turns, one thread each.

    python3 bench/compare-readers.py                       # 100 MB of invented texts in a temporary folder: minutes
    python3 bench/compare-readers.py --mb 1000 --rounds 3  # 1 GB, and unroll on one and two threads with its memory
    python3 bench/compare-readers.py --markdown FILE       # also writes the tables there

Every figure is a process of its own, which measures its own work. A round runs all contenders one after the other; a
ratio is the median of the rounds', with the least and the largest. Contenders of one thread are compared by their
processor time, which other jobs on the machine disturb less; two threads with one, by the clock. Nothing is installed.
What is needed:

    build/release/bench/file_to_ids       cmake --build --preset release --target file_to_ids
    build/release/bench/peers/fasttext_reader    Debian's libfasttext-dev, then cmake --preset release
                                          -DUNROLL_BENCH_PEERS=ON and the target fasttext_reader
    pandas                                in the Python that runs this script, or in --pandas-python

A contender that is missing is left out, and said so.
"""
import argparse
import itertools
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile

# As people read a file of labelled texts whose cells are texts.
PANDAS = """
import json, resource, sys, time, pandas
begin, busy = time.perf_counter(), time.process_time()
table = pandas.read_csv(sys.argv[1], sep=sys.argv[2], engine="c", dtype=str, keep_default_na=False, encoding="utf-8")
seconds, busy = time.perf_counter() - begin, time.process_time() - busy
print(json.dumps({"seconds": seconds, "processor_seconds": busy, "rows": len(table),
                  "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10, "version": pandas.__version__}))
"""


def word(number):
    consonants, vowels = "bcdfghjklmnpqrstvwz", "aeiou"
    letters = ""
    while True:
        letters += consonants[number % 19] + vowels[number // 19 % 5]
        number //= 95
        if number == 0:
            return letters


def han(number):
    letters = chr(0x4E00 + number % 3000)
    return letters if number < 3000 else letters + chr(0x4E00 + number // 3000)


def invent(folder, megabytes):
    """Texts of invented words, which are as frequent as in real texts (Zipf's law): as fastText's lines, TSV and CSV;
    and as many bytes of CSV in Chinese characters."""
    chance = random.Random(1)
    paths = {name: os.path.join(folder, name) for name in ("lines.txt", "texts.csv", "chinese.csv")}
    weights = list(itertools.accumulate(1 / (k + 2.7) for k in range(300_000)))

    def texts(words, joint):
        while True:
            drawn = chance.choices(words, cum_weights=weights, k=20_000)
            begin = 0
            while begin < len(drawn):
                length = chance.randint(10, 120)
                yield joint.join(drawn[begin:begin + length])
                begin += length

    english, chinese = texts([word(k) for k in range(300_000)], " "), texts([han(k) for k in range(300_000)], "")
    with open(paths["lines.txt"], "w") as lines, open(paths["texts.csv"], "w") as csv:
        csv.write("label,text\n")
        while lines.tell() < megabytes * 1e6:
            text, label = next(english).capitalize() + ".", chance.choice(["pos", "neg", "neutral"])
            lines.write(f"__label__{label} {text}\n")
            csv.write(f"{label},{text}\n" if chance.random() < 0.7 else f'{label},"{text.replace(" ba ", ", ")}"\n')
    with open(paths["chinese.csv"], "w", encoding="utf-8") as csv:
        csv.write("label,text\n")
        while csv.tell() < megabytes * 1e6:
            csv.write(f"{chance.choice(['好', '坏'])},{next(chinese)}。\n")
    return paths


def measure(command):
    environment = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment).stdout
    return json.loads(output.decode().splitlines()[-1])


def race(contenders, rounds):
    """{name: [result of each round]}"""
    results = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, command in contenders.items():
            results[name].append(measure(command))
    return results


def ratio(results, ours, theirs):
    unit = "seconds" if "2 threads" in ours else "processor_seconds"
    values = [b[unit] / a[unit] for a, b in zip(results[ours], results[theirs])]
    return f"{statistics.median(values):.2f} ({min(values):.2f}–{max(values):.2f})"


def table(title, path, results, pairs):
    size = os.path.getsize(path)
    lines = [f"**{title}**, {size / 1e6:.0f} MB", "", "| contender | MB/s | times as fast as | peak, MiB |",
             "|---|--:|---|--:|"]
    for name, runs in results.items():
        against = "; ".join(f"{ratio(results, name, theirs)} {theirs}" for ours, theirs in pairs if ours == name)
        unit = "seconds" if "2 threads" in name else "processor_seconds"
        speed = size / 1e6 / statistics.median(run[unit] for run in runs)
        lines.append(f"| {name} | {speed:.0f} | {against} | {max(run['peak_mib'] for run in runs)} |")
    return "\n".join(lines) + "\n"


def check_alike(results, key):
    """Contenders must have read the same before they are compared."""
    counts = {name: runs[0][key] for name, runs in results.items() if key in runs[0]}
    if len(set(counts.values())) > 1:
        sys.exit(f"the contenders disagree about the {key}: {counts}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--program", default="build/release/bench/file_to_ids")
    arguments.add_argument("--fasttext", default="build/release/bench/peers/fasttext_reader")
    arguments.add_argument("--pandas-python", default=sys.executable)
    arguments.add_argument("--mb", type=int, default=100)
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--markdown")
    asked = arguments.parse_args()
    has_fasttext = os.path.exists(asked.fasttext)
    has_pandas = subprocess.run([asked.pandas_python, "-c", "import pandas"], stderr=subprocess.DEVNULL).returncode == 0
    for name, is_there in (("fastText", has_fasttext), ("pandas", has_pandas)):
        if not is_there:
            print(f"{name} is missing, and left out (see --help)", file=sys.stderr)

    with tempfile.TemporaryDirectory() as folder:
        paths = invent(folder, asked.mb)
        tables = [f"{platform.machine()}, {os.cpu_count()} processors, {asked.rounds} rounds\n"]
        ours = [asked.program, paths["lines.txt"]]
        contenders = {"unroll, without folding": [*ours, "--no-fold"], "unroll, with folding": ours,
                      "unroll, 2 threads, without folding": [*ours, "--no-fold", "--threads", "2"],
                      "unroll, 2 threads, with folding": [*ours, "--threads", "2"]}
        pairs = [("unroll, 2 threads, without folding", "unroll, without folding"),
                 ("unroll, 2 threads, with folding", "unroll, with folding")]
        if has_fasttext:
            contenders["fastText"] = [asked.fasttext, paths["lines.txt"]]
            pairs += [("unroll, without folding", "fastText"), ("unroll, with folding", "fastText")]
        results = race(contenders, asked.rounds)
        check_alike(results, "rows")
        print(tables[0])
        tables.append(table("`__label__` lines to ids, tokenizer `space`", paths["lines.txt"], results, pairs))
        print(tables[-1], flush=True)
        for title, path in (("CSV to records, English", paths["texts.csv"]), ("CSV to records, Chinese", paths["chinese.csv"])):
            contenders = {"unroll": [asked.program, "--only-read", path]}
            if has_pandas:
                contenders["pandas"] = [asked.pandas_python, "-c", PANDAS, path, ","]
            results = race(contenders, asked.rounds)
            check_alike(results, "rows")
            tables.append(table(title, path, results, [("unroll", "pandas")] if has_pandas else []))
            print(tables[-1], flush=True)
    if asked.markdown:
        with open(asked.markdown, "w", encoding="utf-8") as file:
            file.write("\n".join(tables))


if __name__ == "__main__":
    main()
