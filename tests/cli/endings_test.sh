# How the program ends: every documented status, with what it says and what it leaves. The table of all commands and all outputs that can't
# be written is endings_table.sh; wrong input is errors_test.sh.
. "$(dirname "$0")/support.sh" "$@"

{ printf 'label\ttext\n'; reviews 60; } >data.tsv
fast=(--hidden 4 --embedding 4 --threads 1 --quiet)
train() { # one epoch, unless told otherwise
  [[ " $* " == *' --epochs '* ]] || set -- "$@" --epochs 1
  "$unroll" train --train data.tsv "${fast[@]}" "$@"
}
nothing_left() { [ ! -e "$1" ] || fail "$1 was left, with: $(ls -A "$1")"; }
mute() { "$@" 2>&-; }
shut() { "$@" >&-; }
status_of() { local status=0; "$@" >stdout 2>stderr || status=$?; echo $status; }

train --out run >/dev/null
sum=$(cksum <run/model.safetensors)
unchanged() { [ "$(cksum <run/model.safetensors)" = "$sum" ] || fail "$*: the old model changed"; only_run_files run; }

# 2: a wrong word is named
expect_status 2 'unroll has no command "foo"' "$unroll" foo
expect_status 2 'did you mean "train"?' "$unroll" trian
expect_status 2 'unroll bench has no command "foo"' "$unroll" bench foo
expect_status 2 'did you mean "predict"?' "$unroll" bench perdict run
expect_status 2 'did you mean "--hidden"?' train --out new --hiden 3
expect_status 2 'the flags of a command come after its name' "$unroll" --seed 3 train
expect_status 2 'no use for the argument "more"' "$unroll" test run data.tsv more
expect_status 2 '--seed is given twice' train --out new --seed 1 --seed 2
expect_status 2 '--cell is given twice' train --out new --cell rnn --cell rnn
expect_status 2 '--seed is given several times' train --out new --seed 1 --seed 1 --seed 1
train --quiet --quiet --out new >/dev/null || fail "a switch given twice"
rm -r new

# 2: numbers that are none, of every flag of every command. The data are not there: they are not read.
numeric_flags() { "$unroll" "$@" --help | grep -aoE '^  --[a-z-]+ (UINT|INT|FLOAT)' | cut -d' ' -f3 | grep -vx -- --max-memory; }
seen=0
refused() { expect_status 2 "$2: expected" "$unroll" $1 $2 "$3"; seen=$((seen + 1)); }
while IFS='|' read -r command flags; do
  for flag in $(numeric_flags $command); do
    for value in nan inf 1e30 0x10 010 5x '' ' 5' +5 99999999999999999999; do refused "$command $flags" $flag "$value"; done
    case $flag in --forget-bias) ;; *) refused "$command $flags" $flag -1 ;; esac
  done
done <<'COMMANDS'
train|--train none.tsv --out none
predict|none none.txt
test|none none.tsv
why|none great
inspect|none
data split|none.tsv --out none
explain|RNN-dW
exercise|
trace|none --data none.tsv
gradcheck|none
gradflow|
bench activations|
bench cells|
bench predict|none
doctor|
COMMANDS
[ "$seen" -gt 500 ] || fail "only $seen wrong numbers were tried: does the help show them otherwise?"
for size in -5M 0M 1e30G nanM infG 10 10X 0x1M 010M M '' 5MB; do
  expect_status 2 '--max-memory: expected a size' train --out new --max-memory "$size"
done
nothing_left new; nothing_left none

# 2: flags that contradict each other. Flags that change nothing: one warning.
contradiction() { expect_status 2 "$1" "$unroll" "${@:2}"; }
for flag in '--activation relu' '--cell lstm --activation tanh' '--cell rnn --forget-bias 2' '--momentum 0.5' \
  '--optimizer adamw --nesterov' '--bidirectional --unidirectional'; do
  contradiction '--' train --train none.tsv --out new $flag
done
contradiction '--activation is the RNN' exercise --cell lstm --activation relu
contradiction '--activation is the RNN' bench cells --cell lstm --activation relu
contradiction '--text-col requires --data' trace none --text fine --text-col 2
contradiction '--label-col requires --data' gradcheck none --label-col 2
contradiction '--units' trace none --text fine --csv new.csv --units 3
contradiction "can't both be stdout" trace none --text fine --csv - --html -
warns() {
  local text=$1; shift
  expect_status 0 "$text" train --out new "$@"
  [ "$(grep -c warning stderr)" = 1 ] || { cat stderr >&2; fail "not one warning: $*"; }
  rm -r new
}
warns '--freeze-embedding without --vectors' --freeze-embedding
warns '--nesterov has no effect' --optimizer sgd --nesterov --momentum 0
warns '--warmup 100000 is longer than the run of 1 steps' --warmup 100000
warns '--early-stop 5 has no effect' --early-stop 5

# 4: diverged, with and without a model that was kept
wild=(--no-ngrams --cell rnn --activation relu --layers 3 --optimizer sgd --clip-norm 0 --average 0)
expect_status 4 'epoch 1 (--lr 100)' train --out new --epochs 5 --batch 5 "${wild[@]}" --lr 100
grep -q 'no model was written; try a smaller --lr' stderr || fail "diverged: $(cat stderr)"
nothing_left new
expect_status 4 'no model was written' train --out run --overwrite --epochs 5 --batch 5 "${wild[@]}" --lr 100
unchanged "diverged"
expect_status 4 'no model was written' train --out run --overwrite --epochs 5 --batch 5 "${wild[@]:1}" --lr 100
unchanged "diverged after the linear model was solved"
expect_status 4 'the linear model of n-grams was kept' train --out linear --epochs 5 --batch 5 "${wild[@]:1}" --lr 100
only_run_files linear
for lr in 0.8 1 1.5 2 3 4 6 8; do
  rm -rf kept
  status=$(status_of train --out kept --epochs 60 --batch 54 "${wild[@]}" --lr $lr --json)
  [ "$status" = 4 ] && [ -e kept ] && break
done
[ "$status" = 4 ] || fail "no rate let a run diverge after its first epoch"
grep -q 'the best before that, was kept; try a smaller --lr' stderr || fail "diverged later: $(cat stderr)"
grep -q '"model":"kept/model.safetensors"' stdout || fail "diverged later: $(cat stdout)"
only_run_files kept
"$unroll" predict kept data.tsv --prob >predicted || fail "the kept model can't be used"
if grep -qi nan predicted; then fail "the kept model predicts NaN"; fi
printf 'this 3e38 3e38 3e38 3e38\nis 3e38 3e38 3e38 3e38\n' >large.vec
expect_status 4 '--lr is not the cause' train --out new --no-ngrams --vectors large.vec --cell rnn --activation relu
grep -q 'embedding.x is inf at time step 1 of row 1 of the batch, unit [0-3] ("this ' stderr || fail "diverged where? $(cat stderr)"
grep -q 'the largest weight is 3e+38, embedding.E' stderr || fail "why did it diverge? $(cat stderr)"
nothing_left new

# 6: exists only where something does not hold; `ctest -R mutations` lets gradients fail. What holds ends with 0.
[ "$(status_of "$unroll" explain RNN-dW)" = 0 ] || fail "explain"

# 7: an output folder or file that can't be, before the data are read; a file that grows too large
expect_status 7 '/proc/self' train --out /proc/self
expect_status 7 '/dev/full' train --out /dev/full
expect_status 7 'data.tsv/new' train --out data.tsv/new
expect_status 7 'data.tsv' "$unroll" data split none.tsv --out data.tsv
expect_status 7 '/proc/self' "$unroll" train --train none.tsv --out /proc/self
expect_status 7 '/proc/self' "$unroll" data split none.tsv --out /proc/self
expect_status 7 '/proc/no.csv' "$unroll" gradflow --csv /proc/no.csv
expect_status 7 '/proc/no.html' "$unroll" trace none --text fine --html /proc/no.html
expect_status 7 '/proc/no.html' "$unroll" bench activations --html /proc/no.html
limited() { (ulimit -f "$1"; shift; "$@" 2>&1 >/dev/null | cat >&2; exit "${PIPESTATUS[0]}"); }
expect_status 7 'File too large' limited 1 train --out run --overwrite --epochs 100000
unchanged 'a limited file'
expect_status 7 'File too large' limited 4 train --out new --layers 16 --epochs 100000
nothing_left new
"$unroll" data split data.tsv --out parts --quiet >/dev/null
before=$(cksum parts/*)
expect_status 7 'File too large' limited 1 "$unroll" data split data.tsv --out parts --overwrite --seed 9
[ "$(cksum parts/*)" = "$before" ] || fail "a split that failed changed a part"
[ "$(ls -A parts | tr '\n' ' ')" = 'dev.tsv test.tsv train.tsv ' ] || fail "parts: $(ls -A parts)"

# 7: stdout. It is asked for before the first epoch; long output is no internal error.
expect_status 7 'standard output could not be written' shut "$unroll" train --train none.tsv --out new
nothing_left new
awk 'BEGIN { for (k = 0; k < 20000; k++) print "this film was great" }' >many.txt
full() { "$@" >/dev/full; }
expect_status 7 'No space left' full "$unroll" predict run many.txt
limited_stdout() { (ulimit -f 8; "$@"); }
expect_status 7 'standard output could not be written: File too large' limited_stdout "$unroll" predict run many.txt --prob
set +e +o pipefail
"$unroll" predict run many.txt --prob | head -n 1 >/dev/null; [ "${PIPESTATUS[0]}" = 141 ] || fail "a closed pipe"
(trap '' PIPE; "$unroll" predict run many.txt --prob; echo $? >status) 2>/dev/null | head -n 1 >/dev/null
[ "$(cat status)" = 7 ] || fail "a closed pipe, SIGPIPE ignored: $(cat status)"
# A reader of stderr that went away ends nothing.
rm -rf new; { train --out new 2>&1 >/dev/null; echo $? >status; } | true
[ "$(cat status)" = 0 ] && only_run_files new || fail "stderr is a closed pipe: $(cat status)"
set -e -o pipefail; rm -r new

# stderr that can't be written changes no status.
[ "$(status_of mute "$unroll" foo)" = 2 ] || fail "usage, stderr closed"
[ "$(status_of mute "$unroll" predict none data.tsv)" = 5 ] || fail "no model, stderr closed"
[ "$(status_of mute train --out run)" = 2 ] || fail "occupied, stderr closed"
unchanged 'stderr closed'
# Descriptors that are closed are not given to files.
cp -r run again
[ "$("$unroll" train --train data.tsv --out again --overwrite "${fast[@]}" --epochs 1 2>&- <&- | wc -l)" = 3 ] || fail "stdin and stderr closed"
cmp -s run/model.safetensors again/model.safetensors || fail "another model with stdin and stderr closed"

# 8: memory, asked for or had
expect_status 8 'at least' train --out new --max-memory 1K
held() { (ulimit -v "$1"; shift; "$@"); }
if ! sanitized; then  # a sanitizer reserves terabytes of addresses
  expect_status 8 'out of memory' held 3000000 "$unroll" train --train data.tsv --out new --hidden 8192 --layers 16
  expect_status 3 'this is no text' held 1500000 "$unroll" test run /dev/zero
  expect_status 8 'out of memory' held 1500000 "$unroll" test run <(yes 'pos	this film is good')
  grep -q 'internal error' stderr && fail "out of memory is called an internal error"
  expect_status 8 'the limit on this process leaves' held 1200000 "$unroll" train --train data.tsv --out new --hidden 1024 --layers 4 --recurrent-init uniform
fi
nothing_left new

# 128 + signal. Nothing temporary stays, nor a folder that was made for nothing; the best epoch does.
signalled() { # SIGNAL FOLDER COMMAND...: sent when the model is there, or after half a second
  local signal=$1 out=$2 status=0; shift 2
  "$@" >stdout 2>stderr & local job=$!
  for _ in $(seq 10); do [ -s "$out/model.safetensors" ] && break; sleep 0.05; done
  kill -"$signal" $job || cat stderr >&2; { wait $job; } 2>/dev/null || status=$?
  [ "$status" = $((128 + $(kill -l "$signal"))) ] || { cat stderr >&2; fail "SIG$signal: status $status"; }
}
for signal in TERM HUP ALRM XCPU USR1; do
  rm -rf new
  signalled $signal new "$unroll" train --train data.tsv --out new "${fast[@]}" --epochs 100000 --early-stop 0
  only_run_files new
  "$unroll" test new data.tsv >/dev/null || fail "SIG$signal left no model"
done
mkfifo endless; sleep 60 <>endless & sleeper=$!
waits_for_data() { exec "$unroll" train --train - --out new <endless; }
rm -rf new; signalled TERM new waits_for_data; nothing_left new
kill $sleeper
# What nohup set is kept.
(trap '' HUP; train --out new --epochs 20 >/dev/null & job=$!; kill -HUP $job; wait $job) || fail "SIGHUP ended what ignores it"

# What a run that was killed leaves goes with the next one.
printf x >new/model.safetensors.123.tmp
train --out new --overwrite >/dev/null
only_run_files new
