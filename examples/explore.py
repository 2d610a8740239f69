#!/usr/bin/env python3
"""Trains a classifier and looks at it, cell by cell as in a notebook: explore.py TRAIN.tsv TEST.tsv [PICTURE.png]

The picture, which needs matplotlib, shows how the training went and how sure the model is where it is right and where it is wrong.
"""

# %% The data: two columns, label and text.
import sys

import unroll


def read(path):
    with open(path, encoding="utf-8") as file:
        next(file)  # the names of the columns
        labels, texts = zip(*(line.rstrip("\n").split("\t", 1) for line in file))
    return list(texts), list(labels)


train, (texts, labels) = sys.argv[1], read(sys.argv[2])

# %% Train. Each epoch is shown as it ends.
model = unroll.train(train, callback=lambda epoch: print(
    f"epoch {epoch.epoch}: loss {epoch.loss:.3f}, dev accuracy {epoch.dev_accuracy:.1%}"), hidden=32, embedding=32, epochs=6)

# %% How good is it on texts that it has not seen?
predicted, probabilities = model.predict(texts)
right = [mine == theirs for mine, theirs in zip(predicted, labels)]
print(f"accuracy {sum(right) / len(right):.1%} of {len(texts)} texts")

# %% Where was it most sure, and wrong?
sureness = [max(row) for row in probabilities]
for k in sorted((k for k, is_right in enumerate(right) if not is_right), key=lambda k: -sureness[k])[:5]:
    print(f"{sureness[k]:.2f} {predicted[k]}, but {labels[k]}: {texts[k][:60]}")

# %% A picture of both.
if len(sys.argv) > 3:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, (course, sure) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    epochs = model.training.epochs
    course.plot([epoch.epoch for epoch in epochs], [epoch.loss for epoch in epochs], marker="o", label="loss in training")
    course.plot([epoch.epoch for epoch in epochs], [epoch.dev_loss for epoch in epochs], marker="o", label="loss of the dev texts")
    course.set_xlabel("epoch")
    course.legend()
    sure.hist([[p for p, is_right in zip(sureness, right) if is_right], [p for p, is_right in zip(sureness, right) if not is_right]],
              bins=10, stacked=True, label=["right", "wrong"])
    sure.set_xlabel("probability of the answer")
    sure.set_ylabel("texts")
    sure.legend()
    figure.savefig(sys.argv[3], dpi=120)
