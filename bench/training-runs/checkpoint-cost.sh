#!/usr/bin/env bash
# What checkpoints cost: seconds of training with the default, without checkpoints, and with one a second, and the size of one. Processor
# seconds leave out the waiting for the disk, and bear other work on the machine.
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

# run NAME FLAGS...: adds the seconds of a training to the file NAME, and those of processors to NAME.processor.
run() {
  rm -rf "$folder/run"
  TIMEFORMAT='%U %S'
  { time "$unroll" train --train "$file" --out "$folder/run" --quiet --json "${@:2}" 2>"$folder/stderr" |
    sed 's/.*"seconds":\([0-9.e-]*\).*/\1/' >>"$folder/$1"; } 2>"$folder/time" || { cat "$folder/stderr" >&2; exit 1; }
  awk '{ print $1 + $2 }' "$folder/time" >>"$folder/$1.processor"
}
for round in $(seq "$rounds"); do
  run none --checkpoint-minutes 0 "$@"
  run default "$@"
  run often --checkpoint-minutes 0.0167 "$@"
done
# A run that was stopped behind its first step leaves a checkpoint; one with an average and a best epoch is larger by a network.
"$unroll" train --train "$file" --out "$folder/size" --quiet --until-step 1 "$@" >/dev/null 2>&1

# median NAME
median() { sort -g "$folder/$1" | awk '{ x[NR] = $1 } END { print (x[int((NR + 1) / 2)] + x[int(NR / 2) + 1]) / 2 }'; }
cost() { awk -v s="$(median "$1$2")" -v w="$(median "none$2")" 'BEGIN { printf "%.2f\t%+.1f %%", s, 100 * (s / w - 1) }'; }
printf 'checkpoints\tseconds\tcost\tprocessor s\tcost\n'
for name in none default often; do printf '%s\t%s\t%s\n' $name "$(cost $name '')" "$(cost $name .processor)"; done
printf 'a checkpoint has %.1f MB\n' "$(stat -c %s "$folder/size/last.ckpt" | awk '{ print $1 / 1e6 }')"
