#!/usr/bin/env python3
"""Draws the README's picture of the training speed, in English and in Chinese.

    docs/pictures/training.py            writes training.svg and training.zh.svg next to this file
    docs/pictures/training.py --check    says whether the two files show the figures of docs/measurements/training.md

The figures come from the tables of that page. Colours are middle tones that are readable on white and on black.
"""
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "measurements" / "training.md"
THREADS = "2 threads"
SETS = ("mr", "chnsenticorp", "imdb")
OURS, THEIRS = ("unroll", "bucketed"), ("pytorch", "bucketed, padded")
GREY, BLUE, ORANGE = "#737d89", "#3f86d0", "#cf7a22"

WORDS = {
    "training.svg": {
        "title": "Training a text classifier: thousands of tokens per second, 2 threads",
        "AMD Zen 4": "AMD Zen 4", "AMD Zen 3": "AMD Zen 3 (other jobs were running on its cores)",
        "mr": "sentences (mr)", "chnsenticorp": "reviews (chnsenticorp)", "imdb": "long texts (imdb)",
        "note": "bidirectional LSTM, H 128, batches of 64; PyTorch in its fastest way, batches of similar length, padded",
    },
    "training.zh.svg": {
        "title": "训练文本分类器：每秒多少千个词，两个线程",
        "AMD Zen 4": "AMD Zen 4", "AMD Zen 3": "AMD Zen 3（测量时机器上有别的任务）",
        "mr": "句子（mr）", "chnsenticorp": "评论（chnsenticorp）", "imdb": "长文本（imdb）",
        "note": "双向 LSTM，H 128，每批 64 条；PyTorch 取其最快的方式：长度相近的文本成批，补齐",
    },
}


def measured():
    """{(CPU, set, (library, batches)): tokens/s}, from the tables for THREADS."""
    found, cpu, name, threads = {}, None, None, None
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if match := re.match(r"## (.+)", line):
            cpu = match[1]
        elif match := re.match(r"\*\*(\w+)\.train\.tsv\.gz\*\*", line):
            name = match[1]
        elif match := re.match(r"(\d threads?):", line):
            threads = match[1]
        elif threads == THREADS and (match := re.match(r"\| (\w+) \| ([^|]+) \| (\d+) \|", line)):
            found[cpu, name, (match[1], match[2])] = int(match[3])
    return found


def text(x, y, words, colour=GREY, anchor="start", size=13, weight="normal"):
    return f'  <text x="{x}" y="{y}" fill="{colour}" text-anchor="{anchor}" font-size="{size}" font-weight="{weight}">{words}</text>'


def bar(x, y, length, colour):
    return f'  <rect x="{x}" y="{y}" width="{length:.0f}" height="14" rx="2" fill="{colour}"/>'


def panel(cpu, top, figures, words):
    """The bars of one CPU: for each data set ours above PyTorch's."""
    left, pixels = 180, 2.9  # of a thousand tokens per second
    lines = [text(20, top, words[cpu], weight="bold")]
    for k, name in enumerate(SETS):
        y = top + 14 + 44 * k
        lines.append(text(left - 10, y + 20, words[name], anchor="end"))
        for row, (who, colour, label) in enumerate(((OURS, BLUE, "unroll"), (THEIRS, ORANGE, "PyTorch"))):
            thousands = figures[cpu, name, who] / 1000
            lines.append(bar(left, y + 17 * row, pixels * thousands, colour))
            lines.append(text(round(left + pixels * thousands + 6), y + 17 * row + 12, f"{thousands:.0f} {label}", colour))
    return lines


def picture(figures, words):
    cpus = list(dict.fromkeys(cpu for cpu, _, _ in figures))
    height = 70 + 165 * len(cpus)
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 780 {height}" width="780" height="{height}" role="img" '
             'font-family="system-ui, sans-serif">',
             f'  <title>{words["title"]}</title>',
             text(20, 26, words["title"], size=15, weight="bold")]
    for k, cpu in enumerate(cpus):
        lines += panel(cpu, 56 + 165 * k, figures, words)
    lines.append(text(20, height - 12, words["note"], size=12))
    return "\n".join([*lines, "</svg>", ""])


def main():
    figures = measured()
    stale = []
    for name, words in WORDS.items():
        drawn = picture(figures, words)
        if "--check" not in sys.argv:
            (HERE / name).write_text(drawn, encoding="utf-8")
        elif (HERE / name).read_text(encoding="utf-8") != drawn:
            stale.append(name)
    if stale:
        sys.exit(f"not as docs/measurements/training.md has it: {', '.join(stale)}; run docs/pictures/training.py")


if __name__ == "__main__":
    main()
