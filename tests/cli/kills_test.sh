# A run that was killed goes on, and ends with the bits of one that never was. `kills_test.sh PROGRAM 200` kills 200 times; ten are in the
# ordinary tests. KILLS_SEED=n repeats the moments as far as the machine does.
. "$(dirname "$0")/support.sh" "$@"
count=${2:-10}
RANDOM=${KILLS_SEED:-$$}

{ printf 'label\ttext\n'; reviews 160; } >data.tsv
runs=(
  '--cell lstm'
  '--cell gru --optimizer lazy-adam --dropout 0.3'
  '--cell rnn --optimizer adamw --weight-decay 0.01 --layers 2'
  '--cell lstm --no-ngrams --precision bf16 --optimizer sgd --lr 0.1 --nesterov'
  '--cell gru --gru-reset before --unidirectional --pool mean --average 0 --schedule cosine'
  '--cell rnn --activation relu --no-ngrams --optimizer sgd --momentum 0 --early-stop 2'
)
train() { # with these flags unless others are given
  local flag
  for flag in '--hidden 6' '--batch 16' '--epochs 30' '--checkpoint-minutes 0.0003'; do
    [[ " $* " == *" ${flag% *} "* ]] || set -- "$@" $flag
  done
  exec "$unroll" train --train data.tsv --embedding 6 --json "$@"
}
hash_in() { sed -n 's/.*"hash":"\([0-9a-f]*\)".*/\1/p' "$1"; }
threads() { echo $((RANDOM % 4 + 1)); }
nap() { sleep "$(printf '0.%03d' $((RANDOM % 300 + 10)))"; }

# until_done SIGNAL STATUS FLAGS...: starts the run again and again, and sends it the signal at some moment, at most five times.
until_done() {
  local signal=$1 expected=$2 tries=0 status
  shift 2
  while :; do
    status=0
    (train --out out --threads "$(threads)" "$@") >stdout 2>stderr & local job=$!
    if [ $tries -lt 5 ]; then nap; kill -"$signal" $job 2>/dev/null || true; fi
    { wait $job; } 2>/dev/null || status=$?
    [ $status = 0 ] && return
    if [ $status = 2 ] && [ $tries -gt 0 ] && grep -q 'already holds a model' stderr; then  # it had come to its end before the kill
      "$unroll" inspect out --json >stdout
      return
    fi
    # Before its first step a run ends by the signal itself.
    [ $status = "$expected" ] || { cat stderr >&2; fail "status $status after SIG$signal: $*"; }
    tries=$((tries + 1)); kills=$((kills + 1))
    ! grep -q 'resume  from epoch' stderr || resumed=$((resumed + 1))
  done
}

# flags_and_hash K: sets `flags` and the hash that their uninterrupted run has.
flags_and_hash() {
  local number=$(($1 % ${#runs[@]}))
  flags=${runs[$number]}
  if [ ! -e "hash$number" ]; then
    rm -rf whole; (train --out whole --threads 1 --quiet $flags) >stdout
    hash_in stdout >"hash$number"
    curves whole >"curves$number"
  fi
  cp "curves$number" curves
  hash=$(cat "hash$number")
}
# curves FOLDER: its steps and epochs, without the time.
curves() { grep '"event":"\(step\|epoch\)"' "$1/metrics.jsonl" | sed 's/,"seconds":.*//'; }
same_model() { # WHAT HAPPENED
  [ "$(hash_in stdout)" = "$hash" ] || fail "another model after $1: $flags"
  "$unroll" inspect out --json | grep -qF "\"hash\":\"$hash\"" || fail "the folder holds another model after $1: $flags"
  only_run_files out
  cmp -s curves <(curves out) || { diff curves <(curves out) | head >&2; fail "metrics.jsonl has other curves after $1: $flags"; }
}

kills=0 resumed=0 done=0
while [ $kills -lt "$count" ]; do
  flags_and_hash $done
  rm -rf out
  until_done KILL 137 $flags
  same_model kills
  done=$((done + 1))
done
echo "$kills kills in $done runs, $resumed of them of runs that had gone on: every model is that of an uninterrupted run"

# A run of a second or so, to be met by a signal or a write that fails while it is trained.
flags='--cell gru --hidden 24 --batch 4 --epochs 40 --early-stop 0'
(train --out whole --overwrite --threads 1 --quiet $flags) >stdout
hash=$(hash_in stdout)
curves whole >curves
begin() { # EVENT FLAGS...: starts the run, and returns when metrics.jsonl has the event
  local event=$1
  shift
  rm -rf out
  (train --out out --threads 2 $flags "$@") >stdout 2>stderr & job=$!
  for _ in $(seq 1000); do grep -q "\"event\":\"$event\"" out/metrics.jsonl 2>/dev/null && return; sleep 0.01; done
  fail "no event $event"
}
end_with() { # STATUS
  local status=0
  { wait $job; } 2>/dev/null || status=$?
  [ $status = "$1" ] || { cat stderr >&2; fail "status $status, expected $1"; }
}
go_on() { # FLAGS...
  (train --out out $flags "$@") >stdout 2>stderr || { cat stderr >&2; fail "does not go on"; }
  grep -q 'resume  from epoch' out/log.txt || { cat stderr >&2; fail "there was no checkpoint"; }
}

# SIGTERM and Ctrl-C: a checkpoint, then 143 and 130.
for signal in TERM INT; do
  begin step --checkpoint-minutes 5
  kill -$signal $job
  end_with $((128 + $(kill -l $signal)))
  grep -q 'interrupted.*the same command goes on from here' stderr || { cat stderr >&2; fail "SIG$signal is not told"; }
  go_on --checkpoint-minutes 5
  same_model SIG$signal
done

# Other kernels round otherwise: one warning.
if [ "$("$unroll" doctor --json | grep -o '"instruction_set_in_use":"[a-z0-9]*"')" != '"instruction_set_in_use":"scalar"' ]; then
  begin step
  kill -TERM $job
  end_with 143
  UNROLL_ISA=scalar go_on --quiet
  [ "$(grep -c 'warning: the run began with the kernels' stderr)" = 1 ] || { cat stderr >&2; fail "other kernels: not one warning"; }
fi

train_again() { (train "$@"); }
expect_status 2 'out already holds a model' train_again --out out $flags

# A write that fails: a clear error, and the checkpoint before it stays.
begin checkpoint
prlimit --pid $job --fsize=4096:4096
end_with 7
grep -q "can't be written: File too large" stderr || { cat stderr >&2; fail "the write that failed is not told"; }
go_on
same_model 'a write that failed'
