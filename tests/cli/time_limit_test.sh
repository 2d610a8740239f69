# train --max-minutes: training ends in good order with the best epoch so far, and the same command goes on for as long again.
. "$(dirname "$0")/support.sh" "$@"

{ printf 'label\ttext\n'; reviews 200; } >data.tsv
endless=(--train data.tsv --hidden 4 --embedding 4 --epochs 100000 --early-stop 0)
"$unroll" train "${endless[@]}" --out run --max-minutes 0.01 --json >first.json 2>stderr || fail "status $?"
grep -q '"end":"time is over"' first.json || fail "the result does not say why it ended: $(cat first.json)"
grep -q 'time is over; the same command goes on from here' stderr || fail "nothing tells that it may go on: $(cat stderr)"
only_run_files run
"$unroll" test run data.tsv --require 'accuracy>0.4' >/dev/null || fail "the model"
epochs() { grep -o '"epochs":[0-9]*' "$1" | cut -d: -f2; }
"$unroll" train "${endless[@]}" --out run --max-minutes 0.01 --json >second.json 2>stderr || fail "going on: status $?"
[ "$(epochs second.json)" -gt "$(epochs first.json)" ] || fail "the second run did not go on: $(cat second.json)"
grep -q 'max-minutes = 0.01' run/config.toml || fail "config.toml lacks the limit"

# Where nothing is there to keep, the first epoch is done; a limit that is not reached changes nothing.
"$unroll" train "${endless[@]}" --no-ngrams --out alone --max-minutes 0.000001 >stdout 2>stderr || fail "status $?"
grep -q '^best epoch 1 of 1 (time is over)' stdout || fail "not one epoch: $(cat stdout)"
"$unroll" train --train data.tsv --out whole "${small[@]}" --max-minutes 100 | grep -q '(all epochs done)' || fail "a limit that is not reached"
expect_status 2 '--max-minutes: expected a number' "$unroll" train --train data.tsv --out new --max-minutes -1
