import copy
import pickle
import subprocess
import sys
import threading

import numpy
import pytest
from conftest import reviews

import unroll


def test_predicts_labels_and_probabilities_of_several_texts(model):
    labels, probabilities = model.predict(["this film is lovely", "this film is awful"])
    assert labels == ["pos", "neg"]
    assert model.labels == ["neg", "pos"]
    assert isinstance(probabilities, numpy.ndarray)
    assert probabilities.shape == (2, 2) and probabilities.dtype == numpy.float32
    numpy.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)


def test_predicts_one_text(model):
    prediction = model.predict("this film is lovely")
    assert prediction.label == "pos"
    assert prediction.probability == prediction.probabilities.max()
    assert (prediction.probabilities == model.predict_proba(["this film is lovely"])[0]).all()


def test_the_bits_do_not_depend_on_other_texts_or_threads(model):
    texts, _ = reviews(5000)
    before = unroll.threads()
    try:
        unroll.set_threads(1)
        alone = model.predict_proba(texts)
        unroll.set_threads(2)
        together = model.predict_proba(texts)
    finally:
        unroll.set_threads(before)
    assert (alone == together).all()
    assert (model.predict(texts[4321]).probabilities == alone[4321]).all()


@pytest.mark.parametrize("texts", [("a", "b"), numpy.array(["a", "b"]), numpy.array(["a", "b"], dtype=object), (t for t in "ab")])
def test_takes_what_holds_texts(model, texts):
    assert len(model.predict(texts).labels) == 2


def test_no_texts_give_no_labels(model):
    labels, probabilities = model.predict([])
    assert labels == [] and probabilities.shape == (0, 2)


def test_says_which_text_is_wrong(model):
    with pytest.raises(TypeError, match=r"texts\[1\] is float, expected str"):
        model.predict(["a", float("nan")])
    with pytest.raises(TypeError, match="bytes"):
        model.predict(b"a")
    with pytest.raises(unroll.DataError, match=r"texts\[2\] holds half a surrogate pair"):
        model.predict(["a", "b", "\ud800"])


def test_a_model_of_any_number_of_labels(several):
    assert several.any_number_of_labels
    labels, probabilities = several.predict(["kind friendly large huge", "rude cold tiny little"])
    assert [set(names) for names in labels] == [{"warm", "big"}, set()]
    assert several.predict("kind friendly tiny").label == ("warm",)
    every = several.predict("kind friendly large huge", threshold=0.0)
    assert len(every.label) == 2 and every.probability == every.probabilities.max()


def test_a_threshold_is_a_probability(model, several):
    unsure = model.predict("what is not known")
    assert model.predict("what is not known", threshold=unsure.probability).label == unsure.label
    assert model.predict("what is not known", threshold=1.0).label is None
    assert model.predict(["what is not known"], threshold=1.0).labels == [None]
    for predictor in [model, several]:
        for threshold in [1.5, -1.0, float("nan")]:
            with pytest.raises(ValueError, match="expected a number from 0 to 1"):
                predictor.predict("text", threshold=threshold)


def test_pickles_copies_and_saves(model, tmp_path):
    texts = ["this film is lovely", ""]
    expected = model.predict_proba(texts)
    for other in [pickle.loads(pickle.dumps(model)), copy.deepcopy(model)]:
        assert (other.predict_proba(texts) == expected).all()
        assert other.hash == model.hash
    model.save(tmp_path / "copy")
    assert unroll.load(tmp_path / "copy" / "model.safetensors").hash == model.hash


def test_a_missing_or_damaged_model_says_so(folder, tmp_path):
    with pytest.raises(unroll.ModelError, match="no such model"):
        unroll.load(tmp_path / "nowhere")
    bytes_of_model = bytearray((folder / "model.safetensors").read_bytes())
    bytes_of_model[-1] ^= 1
    (tmp_path / "model.safetensors").write_bytes(bytes_of_model)
    with pytest.raises(unroll.Error, match="checksum error"):
        unroll.load(tmp_path)


def test_eight_threads_share_a_model(model):
    texts, _ = reviews(300)
    expected, wrong = model.predict_proba(texts), []

    def work():
        for _ in range(3):
            if not (model.predict_proba(texts) == expected).all():
                wrong.append(1)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_other_threads_run_while_it_predicts(model):
    texts, _ = reviews(20000)
    done, count = threading.Event(), 0

    def predict():
        model.predict(texts)
        done.set()

    thread = threading.Thread(target=predict)
    thread.start()
    while not done.is_set():
        count += 1
    thread.join()
    assert count > 100


def test_without_numpy_there_are_lists(folder, model):
    code = f"""
import sys
sys.modules["numpy"] = None  # its import fails
import unroll
model = unroll.load({str(folder)!r})
labels, probabilities = model.predict(["this film is lovely", "this film is awful"])
assert labels == ["pos", "neg"], labels
assert isinstance(probabilities, list) and len(probabilities[1]) == 2
assert model.predict([]).probabilities == []
assert isinstance(model.predict("this film is lovely").probabilities, list)
try:
    unroll.LSTM(2, 3)
except ImportError as error:
    print(error)
"""
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert "pip install numpy" in out


def test_a_forked_child_predicts(model):
    import os

    expected = model.predict("this film is lovely").label
    child = os.fork()
    if child == 0:
        os._exit(0 if model.predict("this film is lovely").label == expected else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
