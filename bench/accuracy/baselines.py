"""What the program's accuracy is compared with: fastText, linear models of n-grams by scikit-learn, PyTorch's BiLSTM.

Each baseline is trained on the train part with every setting of a list; the dev part chooses one of them, whose accuracy
on the test part is the result. Run as a program, this file trains one setting from the raw file to the saved model, which
is what time_to_accuracy.py times:

    baselines.py fasttext|autotune|scikit-learn|pytorch DATA SET SETTING MODEL THREADS
"""

import itertools
import json
import pickle
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rows import PARTS, cuts_of, is_unspaced, part, read_rows


def accuracy(rows, answers):
    return sum(label == answer for (_, label), answer in zip(rows, answers)) / len(rows)


def rows_of(data, name, parts=PARTS):
    return {which: read_rows(part(data, name, which)) for which in parts}


# ------------------------------------------------------------------------------------------------------------ fastText

FASTTEXT_SETTINGS = [
    ["-lr", rate, "-epoch", epochs, "-wordNgrams", grams]
    for (rate, epochs), grams in itertools.product((("0.1", "5"), ("0.1", "25"), ("0.5", "25"), ("0.5", "50")), "123")
]


def write_fasttext(folder, rows, cut):
    """The parts as fastText reads them; labels become numbers, since they may hold blanks. → {label: number}."""
    numbers = {label: str(k) for k, label in enumerate(sorted({label for _, label in rows["train"]}))}
    for which, some in rows.items():
        with open(folder / which, "w", encoding="utf-8") as file:
            for text, label in some:
                file.write(f"__label__{numbers.get(label, 'none')} {cut(text)}\n")
    return numbers


def fasttext_accuracy(model, path, rows, numbers):
    printed = subprocess.run(["fasttext", "predict", model, path], check=True, stdout=subprocess.PIPE,
                             encoding="utf-8").stdout.splitlines()
    labels = {f"__label__{number}": label for label, number in numbers.items()}
    return accuracy(rows, [labels.get(line.strip()) for line in printed])


def run_fasttext(data, name, seed, threads):
    rows = rows_of(data, name)
    best = {"dev": -1}
    tuning = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        for cut_name, cut in cuts_of(rows["train"]).items():
            numbers = write_fasttext(folder, rows, cut)
            for setting in FASTTEXT_SETTINGS:
                begun = time.monotonic()
                subprocess.run(["fasttext", "supervised", "-input", folder / "train", "-output", folder / "model",
                                *setting, "-seed", str(seed), "-thread", str(threads), "-verbose", "0"], check=True,
                               stderr=subprocess.DEVNULL)
                seconds = time.monotonic() - begun
                model = folder / "model.bin"
                dev = fasttext_accuracy(model, folder / "dev", rows["dev"], numbers)
                if dev > best["dev"]:
                    best = {"dev": dev, "test": fasttext_accuracy(model, folder / "test", rows["test"], numbers),
                            "setting": [cut_name, *setting], "seconds": seconds, "bytes": model.stat().st_size}
    return {**best, "rows": len(rows["test"]), "tuning_seconds": time.monotonic() - tuning}


# ------------------------------------------------------------------------------------- linear models of n-grams

LINEAR_SETTINGS = {
    True: [("tf-idf", "char", 1, most, C) for most, C in itertools.product((2, 3), (0.1, 0.3, 1))]
    + [("naive-bayes", "char", 1, 3, C) for C in (0.1, 1)],
    False: [("tf-idf", analyzer, least, most, C)
            for (analyzer, least, most), C in itertools.product((("word", 1, 2), ("word", 1, 3), ("char_wb", 2, 5)), (0.1, 0.3, 1))]
    + [("naive-bayes", "word", 1, most, C) for most, C in itertools.product((2, 3), (0.1, 1))],
}


class NaiveBayesSvm:
    """An SVM for each label against the others, on binary n-grams times naive Bayes' log ratio (Wang & Manning 2012)."""

    def __init__(self, C):
        self.C = C

    def fit(self, X, y):
        import numpy
        from sklearn.svm import LinearSVC

        self.labels = sorted(set(y))
        self.machines = []
        y = numpy.array(y)
        for label in self.labels[1:] if len(self.labels) == 2 else self.labels:
            p = 1 + numpy.asarray(X[y == label].sum(0)).ravel()
            q = 1 + numpy.asarray(X[y != label].sum(0)).ravel()
            r = numpy.log((p / p.sum()) / (q / q.sum()))
            self.machines.append((r, LinearSVC(C=self.C).fit(X.multiply(r).tocsr(), y == label)))
        return self

    def predict(self, X):
        import numpy

        margins = numpy.stack([machine.decision_function(X.multiply(r).tocsr()) for r, machine in self.machines], 1)
        if len(self.labels) == 2:
            return [self.labels[int(margin > 0)] for margin in margins[:, 0]]
        return [self.labels[k] for k in margins.argmax(1)]


SAME_NGRAMS = {True: ("tf-idf", "char", 1, 3, 0.3), False: ("tf-idf", "word+char_wb", 1, 2, 0.3)}  # as docs/ngrams.md


def linear_features(kind, analyzer, least, most):
    """`word+char_wb`: words in a row, and three to five letters in a row inside a word."""
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
    from sklearn.pipeline import make_union

    if analyzer == "word+char_wb":
        return make_union(linear_features(kind, "word", least, most), linear_features(kind, "char_wb", 3, 5))
    flags = {"analyzer": analyzer, "ngram_range": (least, most)}
    if analyzer == "word":
        flags["token_pattern"] = r"\w+|[^\w\s]"
    return TfidfVectorizer(sublinear_tf=True, **flags) if kind == "tf-idf" else CountVectorizer(binary=True, **flags)


def linear_machine(kind, C):
    from sklearn.svm import LinearSVC

    return LinearSVC(C=C) if kind == "tf-idf" else NaiveBayesSvm(C)


def run_linear(data, name, seed, threads):
    del seed, threads  # it has neither
    rows = rows_of(data, name)
    best = {"dev": -1}
    tuning = time.monotonic()
    y = [label for _, label in rows["train"]]
    settings = LINEAR_SETTINGS[is_unspaced(rows["train"])]
    for features, some in itertools.groupby(settings, lambda setting: setting[:4]):
        begun = time.monotonic()
        vectorizer = linear_features(*features)
        X = {which: (vectorizer.fit_transform if which == "train" else vectorizer.transform)([t for t, _ in rows[which]])
             for which in PARTS}
        counted = time.monotonic() - begun
        for setting in some:
            begun = time.monotonic()
            machine = linear_machine(setting[0], setting[4]).fit(X["train"], y)
            seconds = counted + time.monotonic() - begun
            dev = accuracy(rows["dev"], machine.predict(X["dev"]))
            if dev > best["dev"]:
                best = {"dev": dev, "test": accuracy(rows["test"], machine.predict(X["test"])), "setting": setting,
                        "seconds": seconds, "bytes": len(pickle.dumps((vectorizer, machine)))}
    return {**best, "rows": len(rows["test"]), "tuning_seconds": time.monotonic() - tuning}


def train_linear(data, name, setting, model, threads):
    del threads  # it has one
    rows = read_rows(part(data, name, "train"))
    vectorizer = linear_features(*setting[:4])
    X = vectorizer.fit_transform([text for text, _ in rows])
    machine = linear_machine(setting[0], setting[4]).fit(X, [label for _, label in rows])
    model.write_bytes(pickle.dumps((vectorizer, machine)))


def linear_accuracy(model, rows):
    vectorizer, machine = pickle.loads(model.read_bytes())
    return accuracy(rows, machine.predict(vectorizer.transform([text for text, _ in rows])))


# ------------------------------------------------------------------------------------------------------------- PyTorch


def ids_of(texts, known):
    return [[known.get(word, 1) for word in text.split()][:400] or [1] for text in texts]


def vocabulary_of(texts):
    counts = {}
    for text in texts:
        for word in text.split():
            counts[word] = counts.get(word, 0) + 1
    return {word: k + 2 for k, word in enumerate(sorted(word for word, count in counts.items() if count >= 2))}


def make_bilstm(words, labels):
    import torch

    class Bilstm(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = torch.nn.Embedding(words + 2, 128, padding_idx=0)
            self.lstm = torch.nn.LSTM(128, 128, batch_first=True, bidirectional=True)
            self.output = torch.nn.Linear(256, labels)
            self.dropout = torch.nn.Dropout(0.5)

        def forward(self, ids):
            lengths = torch.tensor([len(row) for row in ids])
            x = torch.nn.utils.rnn.pad_sequence([torch.tensor(row) for row in ids], batch_first=True)
            packed = torch.nn.utils.rnn.pack_padded_sequence(self.dropout(self.embedding(x)), lengths, batch_first=True,
                                                             enforce_sorted=False)
            h, _ = torch.nn.utils.rnn.pad_packed_sequence(self.lstm(packed)[0], batch_first=True,
                                                          padding_value=float("-inf"))
            return self.output(self.dropout(h.max(1).values))

    return Bilstm()


def bilstm_answers(model, ids):
    import torch

    model.eval()
    answers = [0] * len(ids)
    by_length = sorted(range(len(ids)), key=lambda k: len(ids[k]))
    with torch.no_grad():
        for begin in range(0, len(ids), 256):
            some = by_length[begin:begin + 256]
            for k, answer in zip(some, model([ids[k] for k in some]).argmax(1).tolist()):
                answers[k] = answer
    return answers


BATCH = 64
LEAST_STEPS, LEAST_EPOCHS = 1500, 6  # small sets need more passes


def train_bilstm(rows, cut, seed, threads):
    """Yields (seconds so far, model, its answers to a part) after each epoch."""
    import random

    import torch

    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    begun = time.monotonic()
    texts = {which: [cut(text) for text, _ in some] for which, some in rows.items()}
    known = vocabulary_of(texts["train"])
    labels = sorted({label for _, label in rows["train"]})
    ids = {which: ids_of(some, known) for which, some in texts.items()}
    y = [labels.index(label) for _, label in rows["train"]]
    model = make_bilstm(len(known), len(labels))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    order = list(range(len(y)))
    shuffler = random.Random(seed)
    for _ in range(max(LEAST_EPOCHS, -(-LEAST_STEPS * BATCH // len(order)))):
        model.train()
        shuffler.shuffle(order)
        blocks = [sorted(order[k:k + 50 * BATCH], key=lambda row: len(ids["train"][row]))
                  for k in range(0, len(order), 50 * BATCH)]
        batches = [block[k:k + BATCH] for block in blocks for k in range(0, len(block), BATCH)]
        shuffler.shuffle(batches)
        for batch in batches:
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model([ids["train"][k] for k in batch]),
                                              torch.tensor([y[k] for k in batch])).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 5)
            optimizer.step()
        yield time.monotonic() - begun, model, lambda which: [labels[k] for k in bilstm_answers(model, ids[which])]


def run_pytorch(data, name, seed, threads):
    rows = rows_of(data, name)
    best = {"dev": -1}
    tuning = time.monotonic()
    for cut_name, cut in cuts_of(rows["train"]).items():
        for epoch, (seconds, model, answers) in enumerate(train_bilstm(rows, cut, seed, threads)):
            dev = accuracy(rows["dev"], answers("dev"))
            if dev > best["dev"]:
                best = {"dev": dev, "test": accuracy(rows["test"], answers("test")), "setting": [cut_name, epoch + 1],
                        "seconds": seconds, "bytes": 4 * sum(p.numel() for p in model.parameters())}
    return {**best, "rows": len(rows["test"]), "tuning_seconds": time.monotonic() - tuning}


# ------------------------------------------------------------------------------- from the raw file to the saved model


def train_fasttext(data, name, setting, model, threads):
    cut_name, *flags = setting
    rows = rows_of(data, name, ("train", "dev"))
    write_fasttext(model.parent, rows, cuts_of(rows["train"])[cut_name])
    tuning = ["-autotune-validation", model.parent / "dev"] if "-autotune-duration" in flags else []
    subprocess.run(["fasttext", "supervised", "-input", model.parent / "train", "-output", model, *flags, *tuning,
                    "-thread", str(threads), "-verbose", "0"], check=True, stderr=subprocess.DEVNULL)


def train_pytorch(data, name, setting, model, threads):
    """Saves a model and its answers to the test part after each epoch; time_to_accuracy.py watches for them."""
    import torch

    rows = rows_of(data, name)
    cut = cuts_of(rows["train"])[setting[0]]
    for _, net, answers in train_bilstm({which: rows[which] for which in ("train", "test")}, cut, 1, threads):
        torch.save(net.state_dict(), f"{model}.part")
        Path(f"{model}.part").rename(model)
        print(json.dumps({"time": time.time(), "test": accuracy(rows["test"], answers("test"))}), flush=True)


TRAINERS = {"fasttext": train_fasttext, "autotune": train_fasttext, "scikit-learn": train_linear,
            "pytorch": train_pytorch}
RUNNERS = {"fasttext": run_fasttext, "scikit-learn": run_linear, "pytorch": run_pytorch}


def main():
    which, data, name, setting, model, threads = sys.argv[1:]
    TRAINERS[which](Path(data), name, json.loads(setting), Path(model), int(threads))


if __name__ == "__main__":
    main()
