# unroll tune: within its time, a model is always there, and train repeats the winner to the bit.
. "$(dirname "$0")/support.sh" "$@"
export OMP_NUM_THREADS=1

{ printf 'label\ttext\n'; reviews 120; } >train.tsv
{ printf 'label\ttext\n'; reviews 60; printf 'neg\tthis film is good\npos\tthis book is dull\n'; } >dev.tsv

# A few seconds: the linear model, the defaults, and candidates.
begun=$(date +%s)
"$unroll" tune --train train.tsv --dev dev.tsv --out run --duration 8 --hidden 8 --embedding 8 --epochs 4 >result.txt 2>notes.txt || { cat notes.txt >&2; fail "tune ended with $?"; }
seconds=$(($(date +%s) - begun))
[ $seconds -ge 7 ] && [ $seconds -le 60 ] || fail "8 seconds took $seconds"
only_run_files run
head -1 notes.txt | grep -q 'trial   1  epochs  0  dev .* cell none' || fail "the linear model is not the first trial: $(cat notes.txt)"
sed -n 2p notes.txt | grep -q 'trial   2  .* defaults' || fail "the defaults are not the second: $(cat notes.txt)"
[ "$(grep -c '  trial ' notes.txt)" -ge 3 ] || fail "nothing else was tried: $(cat notes.txt)"
! grep -E '  (hidden|embedding) ' notes.txt || fail "what was given was searched, too"
grep -q '^best of [0-9]* trials' result.txt || fail "no summary: $(cat result.txt)"

# The winner, again.
"$unroll" train --config run/config.toml --out again --quiet >again.txt
[ "$(sed -n 's/^hash *//p' result.txt)" = "$(sed -n 's/^hash *//p' again.txt)" ] || fail "config.toml does not repeat the winner: $(cat result.txt again.txt run/config.toml)"
"$unroll" test run dev.tsv --quiet >/dev/null || fail "the winner is no model"
grep -q '<h1>run</h1>' run/report.html || fail "no page"

# A model is left as it is, unless it may be replaced; --json.
expect_status 2 'already holds a model' "$unroll" tune --train train.tsv --out run --duration 1
"$unroll" tune --train train.tsv --out run --overwrite --duration 1 --quiet --json --metric macro-f1 >result.json
grep -q '"metric":"macro-f1"' result.json || fail "the metric is not what was asked for: $(cat result.json)"

# Where an epoch takes longer than the time, the linear model is there; the time holds.
{ printf 'label\ttext\n'; reviews 40000; } >long.tsv
begun=$(date +%s)
"$unroll" tune --train long.tsv --out long --duration 4 --quiet --batch 1 --hidden 256 >long.txt || fail "status $?"
[ $(($(date +%s) - begun)) -le 60 ] || fail "4 seconds took $(($(date +%s) - begun))"
grep -q '^best of [0-9]* trials, number 1: ' long.txt || fail "the linear model is not the best: $(cat long.txt)"

# Ctrl-C and SIGTERM take the best so far.
for signal in INT TERM; do
  rm -rf cut; status=0
  "$unroll" tune --train train.tsv --dev dev.tsv --out cut --duration 300 --quiet >cut.txt & job=$!
  for k in $(seq 200); do [ -s cut/model.safetensors ] && break; sleep 0.05; done
  sleep 1; kill -$signal $job; wait $job || status=$?
  [ "$status" = $([ $signal = INT ] && echo 130 || echo 143) ] || fail "$signal ended tune with $status"
  only_run_files cut
  [ $signal = TERM ] || grep -q '^best of' cut.txt || fail "no summary after $signal"
done

# What no trial could do is an error of the first one, told once.
expect_status 3 'nowhere.tsv' "$unroll" tune --train nowhere.tsv --out none --duration 5
[ ! -e none ] || fail "a failed search leaves a folder: $(find none)"
expect_status 2 '--duration: expected a number' "$unroll" tune --train train.tsv --out none --duration 0
echo 'tune: all as documented'
