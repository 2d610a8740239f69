#!/usr/bin/env bash
# Races a trained model's answers, from C++, C, Python, as a program and behind HTTP, against ONNX Runtime, PyTorch, fastText and
# spaCy: installs what is missing, builds, trains, prints the tables as Markdown. Ten minutes. Flags go to bench/serving/serving.py:
#
#   bench/compare-serving.sh --train train.tsv --dev dev.tsv --test test.tsv
#   bench/compare-serving.sh … --rounds 3 --threads 1 --only unroll,ONNX         a part of it
#   bench/compare-serving.sh … --language zh                                     texts in another language, for spaCy
#   bench/compare-serving.sh … --markdown docs/measurements/serving.md           also writes the tables there, to the section of this kind of CPU
set -euo pipefail
. "$(dirname "$0")/compare.sh"
absolute "$@"
cd "$(dirname "$0")/.."
tools/install-dependencies.sh --test # pybind11 and Boost
. bench/peers/install.sh
apt_peer fasttext
apt_peer libfasttext-dev
pip_peer onnx 1.23.2
pip_peer onnxruntime 1.32.0
pip_peer spacy 3.8.18
cmake --preset release -DUNROLL_BENCH_PEERS=ON -DUNROLL_PYTHON="$PWD/$python" >/dev/null
cmake --build --preset release --target serving >&2
exec "$python" bench/serving/serving.py "${words[@]}"
