"""Reads random files with Python's csv and json and with `unroll data convert`: both must have the same records.

python3 readers.py PROGRAM [FILES [SEED]]

A file is written by Python's writer in one of its ways to quote, with separators, quotes, line breaks, blanks and
characters of many scripts inside fields. What a TSV field cannot hold becomes a blank, as `data convert` says.
"""
import csv
import json
import random
import subprocess
import sys
import tempfile

program = sys.argv[1]
files = int(sys.argv[2]) if len(sys.argv) > 2 else 60
rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
PIECES = ["a", "film", " ", "  ", '"', '""', "'", ",", ";", "\t", "\n", "\r\n", "好", "é", "👍", "\u3000", "\\", "\\n", "0", "-1",
          "<br>", "{", "}", "[", ":", "#", "=", "\ufeffx", "\u2028"]


def field(least):
    return "".join(rng.choice(PIECES) for _ in range(rng.randint(least, 8)))


def label():
    return rng.choice(["pos", "neg", "好", "a b", "1", "1.0", 'q"q', "x,y"])


def flat(text):
    return "".join(" " if c in "\t\n\v\f\r" else c for c in text)


def write_csv(path, rows, way):
    with open(path, "w", newline="", encoding="utf-8-sig" if way["mark"] else "utf-8") as file:
        writer = csv.writer(file, quoting=way["quoting"], lineterminator=way["end"])
        writer.writerow(["label", "text", "id"])
        writer.writerows(rows)


def read_csv(path):
    with open(path, newline="", encoding="utf-8-sig") as file:
        return [(row["label"], row["text"]) for row in csv.DictReader(file)]


def write_json(path, rows, way):
    with open(path, "w", newline="", encoding="utf-8") as file:
        for name, text, number in rows:
            file.write(json.dumps({"id": number, "text": text, "label": name}, ensure_ascii=way["ascii"]) + way["end"])


def read_json(path):
    with open(path, newline="", encoding="utf-8") as file:
        records = [json.loads(line) for line in file.read().split("\n") if line.strip()]
    return [(record["label"], record["text"]) for record in records]


def converted(path):
    result = subprocess.run([program, "data", "convert", path, "--quiet"], capture_output=True)
    if result.returncode != 0:
        return result.stderr.decode()
    lines = result.stdout.decode().split("\n")[1:-1]
    return [tuple(line.split("\t", 1)) for line in lines]


def check(kind, write, read, way, folder):
    path = f"{folder}/{kind}"
    rows = [(label(), "word " + field(0), k) for k in range(rng.randint(1, 12))]
    write(path, rows, way)
    expected = [(flat(name), flat(text)) for name, text in read(path)]
    found = converted(path)
    if found != expected:
        print(open(path, newline="").read())
        sys.exit(f"{kind} {way}:\n{expected}\n{found}")


with tempfile.TemporaryDirectory() as folder:
    for k in range(files):
        way = {"quoting": rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]), "end": rng.choice(["\n", "\r\n"]),
               "mark": rng.random() < 0.3, "ascii": rng.random() < 0.5}
        check("csv", write_csv, read_csv, way, folder)
        check("jsonl", write_json, read_json, way, folder)
print(f"{2 * files} files read alike")
