#!/usr/bin/env bash
# Races our activations against libmvec, SLEEF, Eigen, oneDNN, PyTorch, xsimd and the standard library: installs what is
# missing, builds, prints the tables as Markdown. About ten minutes once all is there. Flags go to build/release/bench/activations:
#
#   bench/compare-activations.sh                                   all of it
#   bench/compare-activations.sh --functions tanh,exp --seconds 30 a part of it, quickly
#   bench/compare-activations.sh --markdown docs/measurements/activations.md   also writes the tables there, to the section of this kind of CPU
set -euo pipefail
. "$(dirname "$0")/compare.sh"
race activations "activations peers" "$@"
