import pickle

import numpy
import pytest
from conftest import SMALL, reviews

import unroll

sklearn = pytest.importorskip("sklearn")

from sklearn.base import clone  # noqa: E402
from sklearn.exceptions import NotFittedError  # noqa: E402
from sklearn.model_selection import GridSearchCV, cross_val_score  # noqa: E402
from sklearn.pipeline import Pipeline  # noqa: E402
from sklearn.preprocessing import FunctionTransformer  # noqa: E402

QUICK = {**SMALL, "epochs": 2}


def test_fits_predicts_and_scores(data):
    texts, labels = data
    classifier = unroll.UnrollClassifier(**SMALL)
    assert classifier.fit(texts, labels) is classifier
    assert list(classifier.classes_) == ["neg", "pos"]
    assert classifier.score(texts, labels) == 1
    probabilities = classifier.predict_proba(texts[:3])
    assert probabilities.shape == (3, 2)
    assert list(classifier.predict(texts[:3])) == labels[:3]
    assert list(classifier.classes_[probabilities.argmax(axis=1)]) == labels[:3]


def test_has_the_settings_for_parameters_and_clones_them():
    classifier = unroll.UnrollClassifier(hidden=16, cell="gru")
    parameters = classifier.get_params()
    assert parameters["hidden"] == 16 and parameters["lr"] is None
    assert "text_col" not in parameters
    other = clone(classifier).set_params(hidden=32)
    assert (other.hidden, other.cell, classifier.hidden) == (32, "gru", 16)
    assert repr(classifier) == "UnrollClassifier(cell='gru', hidden=16)"
    with pytest.raises(TypeError, match="hiden"):
        unroll.UnrollClassifier(hiden=1)
    with pytest.raises(ValueError, match="hiden"):
        classifier.set_params(hiden=1)


def test_numbers_are_classes_in_their_own_order():
    texts, labels = reviews(160)
    numbers = numpy.where(numpy.array(labels) == "pos", 10, 9)  # as text, "10" comes before "9"
    classifier = unroll.UnrollClassifier(**SMALL).fit(texts, numbers)
    assert list(classifier.classes_) == [9, 10]
    assert classifier.predict(texts[:2]).dtype == numbers.dtype
    assert classifier.score(texts, numbers) == 1
    assert classifier.predict_proba(["this film is lovely"])[0].argmax() == 1


def test_grid_search_and_cross_validation_in_a_pipeline(data):
    texts, labels = data
    pipeline = Pipeline([
        ("lower", FunctionTransformer(lambda X: [text.lower() for text in X])), ("text", unroll.UnrollClassifier(**QUICK))])
    search = GridSearchCV(pipeline, {"text__hidden": [4, 8], "text__no_ngrams": [True, False]}, cv=2)
    search.fit(numpy.array(texts, dtype=object), labels)
    assert len(search.cv_results_["params"]) == 4
    assert search.best_score_ > 0.9
    assert cross_val_score(unroll.UnrollClassifier(**QUICK), texts, labels, cv=2).mean() > 0.9


def several(count=160):
    """Texts with none, one or both of two labels, as sets and as an indicator array."""
    words = {"warm": ["sunny", "hot"], "wet": ["rainy", "damp"]}
    sets = [{label for bit, label in enumerate(words) if k >> bit & 1} for k in range(count)]
    texts = [f"day {k} is {' and '.join(words[label][k // 4 >> bit & 1] for bit, label in enumerate(words) if label in row) or 'plain'}"
             for k, row in enumerate(sets)]
    return texts, sets, numpy.array([[label in row for label in words] for row in sets], dtype=int)


SEVERAL = {**SMALL, "epochs": 8}


def test_several_labels_as_an_indicator_array():
    texts, _, indicator = several()
    classifier = unroll.UnrollClassifier(**SEVERAL).fit(texts, indicator)
    assert list(classifier.classes_) == [0, 1]
    found = classifier.predict(texts)
    assert found.shape == indicator.shape and found.dtype.kind == "i"
    assert classifier.score(texts, indicator) > 0.9
    assert classifier.predict_proba(texts).shape == indicator.shape
    sparse = pytest.importorskip("scipy.sparse")
    assert (unroll.UnrollClassifier(**SEVERAL).fit(texts, sparse.csr_matrix(indicator)).predict(texts) == found).all()
    assert cross_val_score(unroll.UnrollClassifier(**SEVERAL), texts, indicator, cv=2).mean() > 0.8


def test_several_labels_as_sets():
    texts, sets, indicator = several()
    classifier = unroll.UnrollClassifier(**SEVERAL).fit(texts, sets)
    assert list(classifier.classes_) == ["warm", "wet"]
    found = classifier.predict(texts)
    assert all(isinstance(row, tuple) for row in found)
    assert numpy.mean([set(row) == labels for row, labels in zip(found, sets)]) == classifier.score(texts, sets) > 0.9
    assert () in found and any(len(row) == 2 for row in found)
    again = pickle.loads(pickle.dumps(classifier))
    assert again.predict(texts[:8]) == found[:8]


def test_a_label_that_no_text_has_is_never_predicted():
    texts, _, indicator = several()
    wider = numpy.column_stack([indicator[:, 0], numpy.zeros(len(texts), int), indicator[:, 1]])
    classifier = unroll.UnrollClassifier(**SEVERAL).fit(texts, wider)
    assert classifier.predict(texts)[:, 1].sum() == 0
    assert classifier.predict_proba(texts).shape == (160, 3)


def test_pickles_when_it_is_fitted(data):
    texts, labels = data
    classifier = unroll.UnrollClassifier(**QUICK).fit(texts, labels)
    again = pickle.loads(pickle.dumps(classifier))
    assert (again.predict_proba(texts) == classifier.predict_proba(texts)).all()


def test_the_same_seed_gives_the_same_model(data):
    first, second = (unroll.UnrollClassifier(**QUICK, seed=3).fit(*data) for _ in range(2))
    assert first.model_.hash == second.model_.hash


def test_weights_of_samples_count(data):
    texts, labels = data
    weights = [3.0 if label == "pos" else 1.0 for label in labels]
    weighted = unroll.UnrollClassifier(**QUICK).fit(texts, labels, sample_weight=weights)
    assert weighted.model_.hash != unroll.UnrollClassifier(**QUICK).fit(texts, labels).model_.hash
    left_out = unroll.UnrollClassifier(**QUICK).fit(texts, labels, sample_weight=[0.0] * 20 + [1.0] * 140)
    assert left_out.model_.hash == unroll.UnrollClassifier(**QUICK).fit(texts[20:], labels[20:]).model_.hash


def test_columns_of_tables(data):
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"text": data[0], "label": data[1]})
    classifier = unroll.UnrollClassifier(**QUICK).fit(table["text"], table["label"])
    assert classifier.score(table[["text"]], table["label"]) > 0.9


def test_refuses_what_is_no_list_of_texts(data):
    texts, labels = data
    with pytest.raises(NotFittedError):
        unroll.UnrollClassifier().predict(texts)
    with pytest.raises(ValueError, match="one text"):
        unroll.UnrollClassifier().fit("text", labels)
    with pytest.raises(ValueError, match="160 texts, y has 159"):
        unroll.UnrollClassifier().fit(texts, labels[1:])
    with pytest.raises(ValueError, match="y has the shape"):
        unroll.UnrollClassifier().fit(texts, numpy.full((160, 2), 3))
    with pytest.raises(ValueError, match="X has the shape"):
        unroll.UnrollClassifier().fit(numpy.full((160, 2), "a"), labels)
    with pytest.raises(unroll.DataError):
        unroll.UnrollClassifier().fit(texts, ["one"] * 160)
