#!/usr/bin/env python3
"""Several labels a text: unroll, fastText's one-vs-all and scikit-learn's one-vs-rest linear SVM on one set.

Each text of the set is one text of a set with one label a text, or two of different labels one behind the other, which
then has both. fastText (the program) and scikit-learn are left out where they are not installed. The baselines' settings
are those with the best micro-F1 on the dev part; unroll has its defaults. The figures are those of the test part.

    several_labels.py build/release/unroll trec6.train.tsv.gz trec6.dev.tsv.gz trec6.test.tsv.gz --work /tmp/sets
"""
import argparse
import itertools
import json
import pathlib
import random
import re
import shutil
import subprocess
import time

from rows import PARTS, read_rows


def make_sets(rows, seed, most):
    """One row in three stays alone; the others are joined in pairs whose labels differ."""
    rows = list(rows)
    random.Random(seed).shuffle(rows)
    alone = len(rows) // 3
    sets = [(text, {label}) for text, label in rows[:alone]]
    rest = rows[alone:]
    while len(rest) > 1:
        text, label = rest.pop()
        partner = next((k for k in range(len(rest) - 1, -1, -1) if rest[k][1] != label), None)
        if partner is None:
            sets.append((text, {label}))
            continue
        other_text, other_label = rest.pop(partner)
        sets.append((f"{text} {other_text}", {label, other_label}))
    random.Random(seed + 1).shuffle(sets)
    return sets[:most] if most else sets


def spaced(text):
    """Words, or characters of scripts without spaces: fastText cuts at blanks alone."""
    return " ".join(re.findall(r"[\u3040-\u9fff]|[^\s\u3040-\u9fff]+", text.lower()))


def write_sets(path, sets, cut):
    with open(path, "w", encoding="utf-8") as file:
        for text, labels in sets:
            names = " ".join("__label__" + label for label in sorted(labels))
            file.write(f"{names} {cut(text)}\n")


def micro_f1(actual, predicted):
    hits = sum(len(a & p) for a, p in zip(actual, predicted))
    return 2 * hits / (sum(map(len, actual)) + sum(map(len, predicted)))


def run_unroll(program, work, seed, flags):
    model = work / f"unroll.{seed}"
    begun = time.time()
    subprocess.run([program, "train", "--train", work / "train.txt", "--dev", work / "dev.txt", "--out", model,
                    "--overwrite", "--quiet", "--seed", str(seed), *flags], check=True, stdout=subprocess.DEVNULL)
    seconds = time.time() - begun
    printed = subprocess.run([program, "test", model, work / "test.txt", "--json", "--quiet"], check=True,
                             stdout=subprocess.PIPE).stdout
    return json.loads(printed), seconds


def fasttext_answers(model, path):
    printed = subprocess.run(["fasttext", "predict", model, path, "-1", "0.5"], check=True, stdout=subprocess.PIPE,
                             encoding="utf-8").stdout
    return [{word.removeprefix("__label__") for word in line.split()} for line in printed.splitlines()]


def run_fasttext(work, sets):
    actual = {part: [labels for _, labels in sets[part]] for part in PARTS}
    best = (-1,)
    for rate, epochs, grams in itertools.product(("0.1", "0.3", "1.0"), ("10", "30", "60"), ("1", "2", "3")):
        model = work / "fasttext"
        subprocess.run(["fasttext", "supervised", "-input", work / "train.words", "-output", model, "-loss", "ova",
                        "-lr", rate, "-epoch", epochs, "-wordNgrams", grams, "-thread", "1", "-verbose", "0",
                        "-bucket", "200000", "-dim", "50"], check=True, stderr=subprocess.DEVNULL)
        f1 = micro_f1(actual["dev"], fasttext_answers(f"{model}.bin", work / "dev.words"))
        if f1 > best[0]:
            test = micro_f1(actual["test"], fasttext_answers(f"{model}.bin", work / "test.words"))
            best = (f1, test, f"-lr {rate} -epoch {epochs} -wordNgrams {grams}")
    return best


def run_sklearn(sets):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_union
    from sklearn.preprocessing import MultiLabelBinarizer
    from sklearn.svm import LinearSVC

    binarizer = MultiLabelBinarizer()
    y = binarizer.fit_transform([labels for _, labels in sets["train"]])
    words = lambda: TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\S+", preprocessor=spaced)
    letters = lambda: TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 5), sublinear_tf=True, min_df=2)
    best = (-1,)
    for name, features in (("words", words()), ("letters", letters()), ("both", make_union(words(), letters()))):
        X = {part: (features.fit_transform if part == "train" else features.transform)([t for t, _ in sets[part]])
             for part in PARTS}
        for C in (0.1, 0.3, 1, 3, 10, 30):
            model = OneVsRestClassifier(LinearSVC(C=C)).fit(X["train"], y)
            answers = {p: [set(labels) for labels in binarizer.inverse_transform(model.predict(X[p]))] for p in PARTS[1:]}
            f1 = {part: micro_f1([labels for _, labels in sets[part]], answers[part]) for part in PARTS[1:]}
            if f1["dev"] > best[0]:
                best = (f1["dev"], f1["test"], f"{name}, C {C}")
    return best


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    for part in PARTS:
        parser.add_argument(part, help=f"TSV with the columns text and label, the {part} part")
    parser.add_argument("--work", type=pathlib.Path, required=True, help="folder of the set and of the models")
    parser.add_argument("--rows", type=int, default=0, help="so many rows to train on; 0: all")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--flags", default="", help="of unroll train, in one argument")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    sets = {part: make_sets(read_rows(getattr(args, part)), 7, args.rows if part == "train" else 0) for part in PARTS}
    for part in PARTS:
        write_sets(args.work / f"{part}.txt", sets[part], lambda text: text)
        write_sets(args.work / f"{part}.words", sets[part], spaced)
    print("rows", *(len(sets[part]) for part in PARTS), flush=True)
    if shutil.which("fasttext"):
        print("fastText      micro-F1 dev {:.4f}, test {:.4f}  ({})".format(*run_fasttext(args.work, sets)), flush=True)
    try:
        print("scikit-learn  micro-F1 dev {:.4f}, test {:.4f}  ({})".format(*run_sklearn(sets)), flush=True)
    except ImportError:
        print("scikit-learn is not installed")
    for seed in range(1, args.seeds + 1):
        figures, seconds = run_unroll(args.program, args.work, seed, args.flags.split())
        print("unroll        micro-F1 test {micro_f1:.4f}, macro-F1 {macro_f1:.4f}, P@1 {precision_at_1:.4f}, all labels "
              "right {accuracy:.4f}".format(**figures), f" (seed {seed}, {seconds:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
