# Each example runs and does what it says. bash examples_test.sh PROGRAM FOLDER_OF_EXAMPLES
examples=$(realpath "$2")
. "$(dirname "$0")/support.sh" "$1"

{ printf 'label\ttext\n'; reviews 120; } >data.tsv
"$unroll" train --train data.tsv --out run "${small[@]}" >/dev/null
reviews 50 | cut -f2 >texts.txt
"$examples/classify_text" run <texts.txt | cut -f1 >ours
"$unroll" predict run texts.txt | cmp - ours || fail "classify_text and the program predict differently"
"$examples/classify_text" nowhere <texts.txt 2>message && fail "a missing model"
grep -q nowhere message || fail "the message names no model"

"$examples/train_in_memory" saved >out || fail "train_in_memory: $?"
grep -qx 'the tea was warm: good' out || fail "train_in_memory: warm"
grep -qx 'the bed was cold: bad' out || fail "train_in_memory: cold"
"$unroll" inspect saved >/dev/null || fail "what train_in_memory saved"

# The mean of numbers; sequences have one to nine of them.
awk 'BEGIN { srand(3); for (n = 0; n < 60; ++n) { sum = 0; line = ""; count = 1 + n % 9
  for (k = 0; k < count; ++k) { x = rand() * 2 - 1; sum += x; line = line "," x } print sum / count line } }' >means.csv
"$examples/regression" means.csv >losses || fail "regression: $?"
awk '{ loss[NR] = $4 } END { exit !(NR == 4 && loss[4] < loss[1] / 10) }' losses || { cat losses >&2; fail "regression learns nothing"; }

"$examples/homework_rnn" >out || { cat out >&2; fail "homework_rnn: by hand and by the layer differ"; }
[ "$(grep -c 'by hand' out)" = 4 ] || fail "homework_rnn"
