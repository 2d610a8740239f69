#!/usr/bin/env bash
# Installs what accuracy.py compares the program with: Debian's fastText, and scikit-learn, PyTorch, jieba and matplotlib
# in a virtual environment, whose Python then runs the benchmarks:
#
#   bench/accuracy/install.sh
#   build/peers/venv/bin/python bench/accuracy/accuracy.py build/release/unroll DATA RESULTS --models default,fasttext
set -euo pipefail
cd "$(dirname "$0")/../.."
as_root=()
if [ "$(id -u)" != 0 ]; then as_root=(sudo); fi
command -v fasttext >/dev/null || "${as_root[@]}" apt-get install -y fasttext python3-venv
venv=build/peers/venv # that of bench/peers/install.sh
[ -x $venv/bin/python ] || python3 -m venv --clear $venv
$venv/bin/python -m pip install --quiet scikit-learn jieba matplotlib
# PIP_INDEX_URL may name an index of wheels for the CPU alone, a tenth of the size.
$venv/bin/python -c 'import torch' 2>/dev/null || $venv/bin/python -m pip install --quiet torch
