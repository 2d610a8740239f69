#!/usr/bin/env bash
# Races our LSTM, GRU and RNN layers against oneDNN's, LIBXSMM's, PyTorch's and ONNX Runtime's, forward and a training step, on one
# thread and on two: installs what is missing, builds, prints the tables as Markdown. Twenty minutes once all is there. Flags go
# to build/release/bench/cells:
#
#   bench/compare-cells.sh                                         all of it
#   bench/compare-cells.sh --cells lstm --hidden 128 --seconds 30  a part of it, quickly
#   bench/compare-cells.sh --shapes deepbench                      others' shapes; also appleyard, or grid, the large one
#   bench/compare-cells.sh --from-ids                              an LSTM that reads ids of words, a text at a time: six minutes
#   bench/compare-cells.sh --markdown docs/measurements/cells.md      also writes the tables there, to the section of this kind of CPU
#   bench/compare-cells.sh --from-ids --markdown docs/measurements/token-ids.md     the same for word ids
set -euo pipefail
. "$(dirname "$0")/compare.sh"
race cells "cells cell_peers" "$@"
