import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import SMALL, reviews

import unroll


def tsv(path, texts, labels):
    path.write_text("label\ttext\n" + "".join(f"{label}\t{text}\n" for text, label in zip(texts, labels)))
    return path


def test_texts_in_memory_give_the_model_of_a_file(tmp_path, data):
    in_memory = unroll.train(data, **SMALL)
    from_file = unroll.train(tsv(tmp_path / "train.tsv", *data), **SMALL)
    assert in_memory.hash == from_file.hash
    assert in_memory.training.end == "all epochs done"
    assert len(in_memory.training.epochs) == 4
    assert in_memory.training.dev_accuracy == 1
    assert in_memory.training.plan["rows"] + in_memory.training.plan["dev_rows"] == 160


def test_the_program_trains_the_same_model(tmp_path, data):
    program = os.environ.get("UNROLL_PROGRAM")
    if not program:
        pytest.skip("UNROLL_PROGRAM names no program")
    train = tsv(tmp_path / "train.tsv", *data)
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in SMALL.items()]
    subprocess.run([program, "train", "--train", train, "--out", tmp_path / "run", "--quiet", *flags], check=True)
    # In a process of its own: where numpy has loaded the same OpenBLAS before, its kernels are used (docs/python.md).
    code = f"import unroll; print(unroll.train({str(train)!r}, **{SMALL!r}).hash)"
    trained = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True).stdout
    assert unroll.load(tmp_path / "run").hash == trained.strip()


def test_the_callback_sees_each_epoch_and_can_stop(data, tmp_path):
    seen = []

    def callback(epoch):
        seen.append(epoch)
        return epoch.epoch == 2

    model = unroll.train(data, out=tmp_path / "run", callback=callback, **SMALL)
    assert [epoch.epoch for epoch in seen] == [1, 2]
    assert model.training.end == "stopped" and model.training.best_epoch in (1, 2)
    assert unroll.load(tmp_path / "run").hash == model.hash


def test_an_exception_of_the_callback_ends_the_training(data):
    def callback(epoch):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        unroll.train(data, callback=callback, **SMALL)


def test_settings_are_those_of_the_program():
    names = {setting.name for setting in unroll.settings()}
    assert {"hidden", "max_tokens", "no_ngrams", "class_weight", "label_separator", "seed", "preset", "bidirectional"} <= names
    assert "    hidden [128]: Hidden size" in unroll.train.__doc__


def test_switches_and_their_opposites(data):
    alone = unroll.train(data, **SMALL, no_ngrams=True, unidirectional=True)
    assert alone.training.plan["ngrams"] == 0
    assert unroll.train(data, **SMALL, ngrams=False, bidirectional=False).hash == alone.hash
    assert unroll.train(data, **SMALL, no_ngrams=True, unidirectional=False).hash != alone.hash
    assert unroll.train(data, **SMALL, no_ngrams=False, class_weight={"pos": 2.0}).training.plan["ngrams"] > 0


def test_presets_are_those_of_the_program(data):
    fast = unroll.train(data, preset="fast")
    assert fast.training.epochs == [] and fast.training.plan["ngrams"] > 0
    assert fast.hash == unroll.train(data, cell="none").hash
    with pytest.raises(unroll.UsageError, match="preset"):
        unroll.train(data, preset="none")


def test_wrong_settings_are_named_as_python_names_them(data):
    with pytest.raises(TypeError, match="no setting 'hiden'; did you mean 'hidden'"):
        unroll.train(data, hiden=3)
    with pytest.raises(unroll.UsageError, match="max_tokens"):
        unroll.train(data, max_tokens=0)
    with pytest.raises(unroll.UsageError, match="activation is the RNN's φ; the LSTM has none: leave it out, or give cell rnn"):
        unroll.train(data, activation="relu")
    with pytest.raises(unroll.UsageError, match="metric"):
        unroll.train(data, metric="f1:nobody", **SMALL)
    with pytest.raises(ValueError, match="weight_col is about a file"):
        unroll.train(data, weight_col="w")
    with pytest.raises(TypeError, match="unroll.set_threads"):
        unroll.train(data, threads=1)


def test_wrong_data_say_what_is_wrong(tmp_path):
    texts, labels = reviews(20)
    with pytest.raises(ValueError, match="20 texts and 19 labels"):
        unroll.train((texts, labels[1:]))
    with pytest.raises(TypeError, match=r"texts\[3\] is NoneType"):
        unroll.train((texts[:3] + [None] + texts[4:], labels))
    with pytest.raises(unroll.DataError, match=r"labels\[3\] is empty"):
        unroll.train((texts, labels[:3] + [""] + labels[4:]))
    with pytest.raises(TypeError, match=r"labels\[3\]\[1\] is int"):
        unroll.train((texts, labels[:3] + [["pos", 1]] + labels[4:]))
    with pytest.raises(unroll.DataError):
        unroll.train((texts, ["one"] * 20))
    with pytest.raises(unroll.DataError, match="nowhere.tsv"):
        unroll.train(tmp_path / "nowhere.tsv")
    with pytest.raises(ValueError, match="no texts"):
        unroll.train(([], []))


def test_an_output_folder_is_not_overwritten_unasked(data, folder, tmp_path):
    with pytest.raises(unroll.UsageError, match="overwrite"):
        unroll.train(data, out=folder, **SMALL)
    out = tmp_path / "run"
    unroll.train(data, out=out, **SMALL)
    assert unroll.train(data, out=out, overwrite=True, **{**SMALL, "seed": 2}).hash == unroll.load(out).hash


def test_an_interrupted_run_goes_on_to_the_same_model(tmp_path, data):
    code = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from conftest import SMALL, reviews
import unroll
def callback(epoch):
    if epoch.epoch == 2: print("begun", flush=True)
try:
    unroll.train(reviews(400), out={str(tmp_path / "run")!r}, callback=callback, **{{**SMALL, "epochs": 200, "early_stop": 0}})
except KeyboardInterrupt:
    print("interrupted")
"""
    out, _ = interrupted(code, tmp_path)
    assert out == "interrupted\n"
    seen = []
    settings = {**SMALL, "epochs": 200, "early_stop": 0}
    goes_on = unroll.train(reviews(400), out=tmp_path / "run", callback=seen.append, **settings)
    assert seen[0].epoch > 1
    assert goes_on.hash == unroll.train(reviews(400), **settings).hash
    with pytest.raises(unroll.UsageError, match="overwrite"):
        unroll.train(reviews(400), out=tmp_path / "run", **settings)


def test_odd_data_are_a_warning_and_progress_is_logged(tmp_path, caplog):
    texts, labels = reviews(100)
    path = tsv(tmp_path / "train.tsv", texts, ["POS " if k == 5 else label for k, label in enumerate(labels)])
    with caplog.at_level(logging.INFO, logger="unroll"), pytest.warns(UserWarning, match="POS"):
        unroll.train(path, **SMALL)
    assert any("epoch 1: loss" in record.message for record in caplog.records)


def test_dev_texts_of_ones_own(data):
    model = unroll.train(data, dev=reviews(30), **SMALL)
    assert model.training.plan["dev_rows"] == 30


def test_weights_count(data):
    texts, labels = data
    weights = [0.5 if label == "pos" else 2.0 for label in labels]
    assert unroll.train((texts, labels, weights), **SMALL).hash != unroll.train(data, **SMALL).hash
    assert unroll.train((texts, labels, None), **SMALL).hash == unroll.train(data, **SMALL).hash
    for weight in [0.0, -1.0, float("nan"), float("inf")]:
        with pytest.raises(unroll.DataError, match="row 4: the weight is"):
            unroll.train((texts, labels, weights[:3] + [weight] + weights[4:]), cell="none")
    assert unroll.train(data, cell="none").training.end == "solved"


def interrupted(code, tmp_path):
    """The exit of Python when Ctrl-C comes while it runs the code, and how long that took."""
    script = tmp_path / "script.py"
    script.write_text(code)
    process = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "begun\n"
    time.sleep(0.2)
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    return out, time.monotonic() - begun


def test_ctrl_c_ends_a_training(tmp_path):
    code = """
import unroll, sys
texts = [f"{'good' if k % 2 else 'bad'} thing number {k}" for k in range(400)]
def callback(epoch):
    if epoch.epoch == 1: print("begun", flush=True)
try:
    unroll.train((texts, [k % 2 and "pos" or "neg" for k in range(400)]), hidden=32, epochs=100000, early_stop=0, callback=callback)
except KeyboardInterrupt:
    print("interrupted")
"""
    out, seconds = interrupted(code, tmp_path)
    assert out == "interrupted\n" and seconds < 20


def test_ctrl_c_ends_a_long_prediction(tmp_path, folder):
    code = f"""
import unroll
model = unroll.load({str(folder)!r})
texts = ["this film is lovely number %d" % k for k in range(3000)] * 1000
print("begun", flush=True)
try:
    model.predict(texts)
except KeyboardInterrupt:
    print("interrupted")
"""
    out, seconds = interrupted(code, tmp_path)
    assert out == "interrupted\n" and seconds < 20
