import csv
import subprocess
import sys

import pytest
from conftest import ROOT, reviews


def run(example, *arguments):
    return subprocess.run([sys.executable, ROOT / "examples" / example, *arguments], capture_output=True, text=True, check=False)


def test_classifies_a_column_of_a_csv(folder, tmp_path):
    (tmp_path / "in.csv").write_text('id,review\n1,"this film is lovely, ""really"""\n2,this film is awful\n')
    result = run("classify_csv.py", folder, tmp_path / "in.csv", tmp_path / "out.csv", "--column", "review")
    assert result.returncode == 0, result.stderr
    with open(tmp_path / "out.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["id"], row["label"]) for row in rows] == [("1", "pos"), ("2", "neg")]
    assert rows[0]["review"] == 'this film is lovely, "really"' and 0.5 < float(rows[0]["probability"]) <= 1
    assert "has no column 'text'; it has id, review" in run("classify_csv.py", folder, tmp_path / "in.csv", "x").stderr


@pytest.mark.parametrize("draws", [False, True])
def test_explores_and_draws(tmp_path, draws):
    if draws:
        pytest.importorskip("matplotlib")
    for name, count in [("train.tsv", 160), ("test.tsv", 40)]:
        texts, labels = reviews(count)
        if name == "test.tsv":
            labels[3] = "neg"  # something to be wrong about
        (tmp_path / name).write_text("label\ttext\n" + "".join(f"{label}\t{text}\n" for text, label in zip(texts, labels)))
    picture = [tmp_path / "picture.png"] if draws else []
    result = run("explore.py", tmp_path / "train.tsv", tmp_path / "test.tsv", *picture)
    assert result.returncode == 0, result.stderr
    assert "epoch 1: loss" in result.stdout and "accuracy 97.5% of 40 texts" in result.stdout
    assert "pos, but neg: this film is" in result.stdout
    assert not draws or picture[0].read_bytes().startswith(b"\x89PNG")


def test_the_lines_of_the_documentation_run(tmp_path):
    """docs/python.md's section about layers, as it stands there."""
    page = (ROOT / "docs/python.md").read_text()
    code = page.split("## Layers")[1].split("```python")[1].split("```")[0]
    names = {}
    exec("import unroll\n" + code, names)
    assert names["dx"].shape == names["x"].shape
