#!/usr/bin/env bash
# What checkpoints cost: seconds of training with the default, without checkpoints, and with one a second, and the size of one:
#   bench/training-runs/checkpoint-cost.sh TRAIN.tsv[.gz] [rounds] [-- flags of train]
# In a round each runs once, in turn; printed are medians. The build is build/release/unroll; UNROLL names another.
set -euo pipefail
unroll=${UNROLL:-build/release/unroll}
file=$1; shift
rounds=3
[ $# = 0 ] || [ "$1" = -- ] || { rounds=$1; shift; }
[ $# = 0 ] || shift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# run NAME FLAGS...: adds the seconds of a training to the file NAME.
run() {
  rm -rf "$folder/run"
  "$unroll" train --train "$file" --out "$folder/run" --quiet --json "${@:2}" | sed 's/.*"seconds":\([0-9.e-]*\).*/\1/' >>"$folder/$1"
}
for round in $(seq "$rounds"); do
  run none --checkpoint-minutes 0 "$@"
  run default "$@"
  run often --checkpoint-minutes 0.0167 "$@"
done
# A run that was stopped behind its first step leaves a checkpoint; one with an average and a best epoch is larger by a network.
"$unroll" train --train "$file" --out "$folder/size" --quiet --until-step 1 "$@" >/dev/null 2>&1

median() { sort -g "$folder/$1" | awk '{ x[NR] = $1 } END { print (x[int((NR + 1) / 2)] + x[int(NR / 2) + 1]) / 2 }'; }
without=$(median none)
printf 'checkpoints\tseconds\tcost\n'
for name in none default often; do
  awk -v name=$name -v s="$(median $name)" -v w="$without" 'BEGIN { printf "%s\t%.2f\t%+.1f %%\n", name, s, 100 * (s / w - 1) }'
done
printf 'a checkpoint has %.1f MB\n' "$(stat -c %s "$folder/size/last.ckpt" | awk '{ print $1 / 1e6 }')"
