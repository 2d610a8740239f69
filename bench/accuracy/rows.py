"""Data sets as the accuracy benchmarks read them: NAME.train.tsv, NAME.dev.tsv and NAME.test.tsv, plain or .gz, whose
first line names the columns text and label."""

import csv
import gzip
import re

PARTS = ("train", "dev", "test")


def part(data, name, which):
    """The path of one part of a set, or None."""
    for ending in (".tsv", ".tsv.gz"):
        path = data / f"{name}.{which}{ending}"
        if path.exists():
            return path
    return None


def sets_of(data):
    names = {path.name.split(".")[0] for path in data.iterdir() if ".train.tsv" in path.name}
    return sorted(name for name in names if part(data, name, "dev") and part(data, name, "test"))


def read_rows(path):
    """[(text, label)] of a file."""
    opened = gzip.open if str(path).endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        return [(row["text"], row["label"]) for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]


def is_unspaced(rows):
    """Whether most letters are of scripts without spaces between words."""
    sample = "".join(text for text, _ in rows[:2000])
    return len(re.findall(r"[\u3040-\u9fff]", sample)) > 0.3 * max(1, len(re.findall(r"\w", sample)))


def words(text):
    """Words and marks of a text with spaces, in lower case."""
    return " ".join(re.findall(r"\w+|[^\w\s]", text.lower()))


def characters(text):
    """Each character of a script without spaces is a token; other words stay whole."""
    return " ".join(re.findall(r"[\u3040-\u9fff]|[^\W\u3040-\u9fff]+|[^\w\s]", text.lower()))


def jieba_words(text):
    import jieba

    jieba.setLogLevel("ERROR")
    return " ".join(word for word in jieba.cut(text.lower()) if not word.isspace())


def cuts_of(rows):
    """The ways of cutting texts into tokens that suit the set, {name: text -> tokens with blanks between}."""
    if not is_unspaced(rows):
        return {"words": words}
    cuts = {"characters": characters}
    try:
        import jieba  # noqa: F401

        cuts["jieba"] = jieba_words
    except ImportError:
        pass
    return cuts
