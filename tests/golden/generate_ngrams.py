#!/usr/bin/env python3
"""Writes ngrams.json: what scikit-learn computes for linear classifiers of n-grams.

Usage: generate_ngrams.py [FOLDER]     (default: the folder of this script)

README.md beside this file says what it holds. The n-grams are scikit-learn's own where it has them
(words), and written out where it has not (letters inside words, each word with its ends).
"""

import json
import random
import sys
from pathlib import Path

import numpy as np
from scipy.sparse import hstack
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.svm import LinearSVC

LABELS = ["bad", "good", "mixed"]
WORDS = {
    "bad": "poor dull awful boring wasted slow weak".split(),
    "good": "great lovely bright warm moving rich strong".split(),
    "mixed": "uneven long strange mixed some half but".split(),
}
NEUTRAL = "the a film story with and of its cast is very not plot scene".split()
C = {"tf_idf": 0.3, "naive_bayes": 0.03}


def texts_of(generator, rows):
    texts, labels = [], []
    for row in range(rows):
        label = LABELS[row % len(LABELS)]
        words = [generator.choice(NEUTRAL) for _ in range(generator.randint(3, 9))]
        words += [generator.choice(WORDS[label]) for _ in range(generator.randint(1, 3))]
        words += [generator.choice(WORDS[generator.choice(LABELS)])]
        generator.shuffle(words)
        texts.append(" ".join(words))
        labels.append(label)
    return texts, labels


def letters(text):
    grams = []
    for word in text.split():
        if len(word) < 2:
            continue
        padded = "\x02" + word + "\x03"
        grams += [padded[k:k + n] for n in (3, 4, 5) for k in range(len(padded) - n + 1)]
    return grams


PARTS = [dict(analyzer="word", token_pattern=r"\S+", ngram_range=(1, 2)), dict(analyzer=letters)]


def decisions(x, y, cost):
    svm = LinearSVC(C=cost, loss="squared_hinge", dual=True, tol=1e-10, max_iter=100_000)
    return svm.fit(x, y).decision_function(x)


def log_ratios(x, y):
    p, q = 1 + x[y].sum(axis=0), 1 + x[~y].sum(axis=0)
    return np.log((p / p.sum()) / (q / q.sum()))


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    texts, labels = texts_of(random.Random(7), 60)
    tf_idf = hstack([TfidfVectorizer(**part, min_df=2, sublinear_tf=True).fit_transform(texts)
                     for part in PARTS]).tocsr()
    binary = np.hstack([CountVectorizer(**part, min_df=2, binary=True).fit_transform(texts).toarray()
                        for part in PARTS]).astype(float)
    of_label = {label: np.array(labels) == label for label in LABELS}
    ratios = {label: log_ratios(binary, y) for label, y in of_label.items()}
    golden = {
        "texts": texts,
        "labels": labels,
        "C": C,
        "columns": binary.shape[1],
        "tf_idf": {label: decisions(tf_idf, y, C["tf_idf"]).tolist()
                   for label, y in of_label.items()},
        "naive_bayes": {label: decisions(binary * ratios[label], y, C["naive_bayes"]).tolist()
                        for label, y in of_label.items()},
        "sums_of_ratios": {label: (binary @ r).tolist() for label, r in ratios.items()},
    }
    with open(folder / "ngrams.json", "w", encoding="utf-8") as file:
        json.dump(golden, file, indent=0)
        file.write("\n")


if __name__ == "__main__":
    main()
