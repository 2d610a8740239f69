"""Other libraries with threads of their own in one process, loaded before and after."""

import subprocess
import sys

import pytest

CODE = """
import numpy
{first}
import unroll
model = unroll.load({folder!r})
unroll.set_threads(2)
texts = ["this film is lovely"] * 500
expected = model.predict_proba(texts)
layer = unroll.LSTM(16, 32)
x = numpy.ones((10, 64, 16), dtype="float32")
output = layer(x)[0]
{second}
for _ in range(5):
    {use}
    assert (model.predict_proba(texts) == expected).all()
    assert (layer(x)[0] == output).all()
print("done")
"""

NEIGHBOURS = {
    "numpy": ("import numpy", "numpy.linalg.svd(numpy.ones((100, 100)))"),
    "torch": ("import torch", "torch.nn.LSTM(8, 16)(torch.ones(10, 32, 8)); torch.mm(torch.ones(300, 300), torch.ones(300, 300))"),
    "sklearn": ("from sklearn.ensemble import HistGradientBoostingClassifier",
                "HistGradientBoostingClassifier(max_iter=2).fit(numpy.eye(40), numpy.arange(40) % 2)"),
}


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("name", NEIGHBOURS)
def test_lives_with(name, before, folder):
    pytest.importorskip(name)
    load, use = NEIGHBOURS[name]
    code = CODE.format(first=load if before else "", second="" if before else load, use=use, folder=str(folder))
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert result.stdout == "done\n", result.stderr
