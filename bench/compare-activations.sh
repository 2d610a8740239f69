#!/usr/bin/env bash
# Races our activations against libmvec, SLEEF, Eigen, oneDNN, PyTorch, xsimd and the standard library: installs what is
# missing, builds, prints the tables as Markdown. About ten minutes once all is there. Flags go to build/release/bench/activations:
#
#   bench/compare-activations.sh                                   all of it
#   bench/compare-activations.sh --functions tanh,exp --seconds 30 a part of it, quickly
#   bench/compare-activations.sh --markdown docs/performance.md    also writes the tables there, to this kind of CPU's section
#
# PyTorch comes from pip, with pip's own settings: PIP_INDEX_URL may name an index of wheels for the CPU alone, a tenth of the size.
set -euo pipefail
case "${1:-}" in -h | --help) sed -n '2,9p' "$0" | cut -c3-; exit ;; esac
cd "$(dirname "$0")/.."

tools/install-dependencies.sh --peers

torch=2.13.0
python=build/peers/venv/bin/python
if ! "$python" -c "import importlib.metadata as m; exit(m.version('torch').split('+')[0] != '$torch')" 2>/dev/null; then
  echo "Installing PyTorch $torch in build/peers/venv" >&2
  python3 -m venv --clear build/peers/venv
  "$python" -m pip install --quiet "torch==$torch" ||
    echo "compare-activations: pip can't install PyTorch $torch; the tables will be without it" >&2
fi

cmake --preset release -DUNROLL_BENCH_PEERS=ON >/dev/null
cmake --build --preset release --target activations peers >&2

exec build/release/bench/activations "$@"
