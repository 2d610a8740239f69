#!/usr/bin/env python3
"""Gives each row of a CSV file a label: classify_csv.py MODEL IN.csv OUT.csv [--column text]

The rows of OUT.csv are those of IN.csv with two columns more, `label` and `probability`. If the model's texts may have any number
of labels, these are joined by a blank, and the probability is that of the most probable one.
"""

import argparse
import csv
import sys

import unroll


def read_rows(path, column):
    with open(path, newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        if column not in (reader.fieldnames or []):
            sys.exit(f"{path} has no column {column!r}; it has {', '.join(reader.fieldnames or [])}")
        return list(reader.fieldnames), list(reader)


def classify(model, rows, column):
    labels, probabilities = model.predict([row[column] for row in rows])
    for row, label, figures in zip(rows, labels, probabilities):
        row["label"] = label if isinstance(label, str) else " ".join(label)
        row["probability"] = f"{max(figures):.4f}"


def write_rows(path, names, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*names, "label", "probability"])
        writer.writeheader()
        writer.writerows(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="folder of a run, or a model file")
    parser.add_argument("input")
    parser.add_argument("output")
    parser.add_argument("--column", default="text", help="the column of the texts (default: text)")
    arguments = parser.parse_args()
    names, rows = read_rows(arguments.input, arguments.column)
    classify(unroll.load(arguments.model), rows, arguments.column)
    write_rows(arguments.output, [name for name in names if name not in ("label", "probability")], rows)


if __name__ == "__main__":
    main()
