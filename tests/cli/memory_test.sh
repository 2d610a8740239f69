# What a run needs: shown by inspect, held by train --max-memory.
. "$(dirname "$0")/support.sh" "$@"

{ printf 'label\ttext\n'; reviews 200; } >data.tsv
train() { local out=$1; shift; "$unroll" train --train data.tsv --out "$out" "${small[@]}" --batch 40 --json "$@"; }

train whole >whole.json
"$unroll" inspect --memory whole >table
for part in data parameters gradients optimizer average 'best epoch' 'forward pass' 'backward pass' evaluation prediction; do
  grep -q "$part .* MiB" table || fail "no line for $part"
done
"$unroll" inspect --memory whole --json | grep -q '"training":{"parts":{"data":' || fail "no JSON of training"
if "$unroll" inspect whole | grep -q most_tokens; then fail "inspect prints the note on memory as it is"; fi

all=$("$unroll" inspect --memory whole --json | grep -o '"bytes":[0-9]*' | head -1 | grep -o '[0-9]*')
train held --max-memory $((all * 4 / 5 / 1024))K >held.json
grep -q '"most_tokens":0,' whole.json || fail "without a limit there are parts"
grep -q '"most_tokens":[1-9]' held.json || fail "within a limit there are none"
grep -q 'in parts of' <("$unroll" inspect --memory held) || fail "inspect does not say that there were parts"
accuracy() { grep -o '"dev_accuracy":[0-9.]*' "$1"; }
[ "$(accuracy whole.json)" = "$(accuracy held.json)" ] || fail "another result within a limit"

expect_status 8 'at least' train small --max-memory 10K
expect_status 2 '--max-memory' train small --max-memory 10
expect_status 2 '--max-memory' train small --max-memory 10X
