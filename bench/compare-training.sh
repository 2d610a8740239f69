#!/usr/bin/env bash
# Races the training of a text classifier, a bidirectional LSTM on texts of real lengths, against PyTorch's: installs what is
# missing, builds, prints the tables as Markdown. It takes files of labelled texts; two minutes for sentences, an hour for
# long texts. Flags go to build/release/bench/training:
#
#   bench/compare-training.sh reviews.tsv.gz                               all of it; more files, more tables
#   bench/compare-training.sh --quick reviews.tsv.gz                       does it run?
#   bench/compare-training.sh --threads 1 --rounds 9 reviews.tsv.gz        a part of it; --batches, --dropout likewise
#   bench/compare-training.sh --markdown docs/measurements/training.md reviews.tsv   also writes the tables there, to the section of this kind of CPU
set -euo pipefail
. "$(dirname "$0")/compare.sh"
absolute "$@"
race training "training training_ours" "${words[@]}"
