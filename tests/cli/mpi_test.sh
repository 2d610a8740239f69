# Several processes that train one model: `mpi_test.sh PROGRAM MPIRUN`. What they end with is what one process ends with that has as many
# shards, bit by bit.
. "$(dirname "$0")/support.sh" "$1"
mpirun=$2
"$mpirun" --version 2>/dev/null | grep -qE 'Open MPI|OpenRTE' || { echo "this is not Open MPI's mpirun: $mpirun"; exit 77; }
# Ranks of a test share the processors of whoever runs it; the superuser of a container may run it, too.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe
export OMP_NUM_THREADS=1

{ printf 'label\ttext\n'; reviews 160; } >data.tsv
{ printf 'label\ttext\n'; reviews 60 | sed '1~3s/^[a-z]*/pos,neg/'; } >sets.tsv
{ printf 'weight\tlabel\ttext\n'; reviews 160 | awk '{ print NR % 3 + 1 "\t" $0 }'; } >weighed.tsv
printf 'good 0.1 0.2 0.3 0.4\nbad -0.1 0.3 0.2 0.1\nfilm 0.5 0.1 0.1 0.2\nis 0.2 0.2 0.1 0\n' >vectors.txt

hash_in() { sed -n 's/.*"hash":"\([0-9a-f]*\)".*/\1/p' "$1"; }
train=("$unroll" train --lr 0.02 --quiet --json)
few=(--hidden 6 --batch 16 --epochs 3)
# on RANKS FLAGS...
on() { local ranks=$1; shift; "$mpirun" -n "$ranks" "${train[@]}" "$@"; }
hash_on() { local ranks=$1; shift; rm -rf out; on "$ranks" --out out "$@" >stdout 2>stderr || { cat stderr >&2; fail "$ranks ranks: $*"; }; hash_in stdout; }
hash_of() { rm -rf out; "${train[@]}" --out out "$@" >stdout; hash_in stdout; }

while read -r ranks flags; do
  expected=$(hash_of "${few[@]}" --shards "$ranks" $flags)
  found=$(hash_on "$ranks" "${few[@]}" $flags)
  [ -n "$expected" ] && [ "$found" = "$expected" ] || { cat stderr >&2; fail "$ranks ranks gave $found, $ranks shards $expected: $flags"; }
  only_run_files out
  [ "$(wc -l <stdout)" = 1 ] || fail "not one rank alone prints its result: $flags"
  [ ! -s stderr ] || { cat stderr >&2; fail "a quiet run speaks: $flags"; }
done <<'RUNS'
2 --train data.tsv --cell lstm --embedding 6
4 --train data.tsv --cell lstm --embedding 6 --no-ngrams --threads 2
2 --train data.tsv --cell gru --embedding 6 --optimizer lazy-adam --dropout 0.3 --layers 2
4 --train data.tsv --cell rnn --embedding 6 --optimizer sgd
2 --train data.tsv --cell rnn --vectors vectors.txt --freeze-embedding
4 --train data.tsv --cell gru --vectors vectors.txt --precision bf16
2 --train weighed.tsv --cell lstm --embedding 6 --weight-col weight --class-weight balanced
4 --train sets.tsv --cell gru --embedding 6 --class-weight pos=2
3 --train data.tsv --cell none
2 --train data.tsv --cell lstm --embedding 6 --max-memory 40M
2 --train data.tsv --cell lstm --embedding 6 --stream --cache none
3 --train data.tsv --cell gru --vectors vectors.txt --stream
RUNS

# More ranks than shards, fewer, and none that divides: the shards decide.
three=("${few[@]}" --train data.tsv --embedding 6 --shards 3)
expected=$(hash_of "${three[@]}")
for ranks in 2 4; do
  [ "$(hash_on $ranks "${three[@]}")" = "$expected" ] || fail "3 shards on $ranks ranks"
done

# Every rank reads its own file; equal ones are needed.
{ printf 'label\ttext\n'; reviews 158; } >other.tsv
apart() { # FLAGS OF THE FIRST -- FLAGS OF THE SECOND
  local first=()
  while [ "$1" != -- ]; do first+=("$1"); shift; done
  shift
  timeout 60 "$mpirun" -n 1 "${train[@]}" "${few[@]}" --embedding 6 --out out "${first[@]}" : -n 1 "${train[@]}" "${few[@]}" --embedding 6 --out out "$@"
}
rm -rf out
expect_status 3 'rank 1 (' apart --train data.tsv -- --train other.tsv
grep -q 'has other texts than rank 0 (.*): give all machines equal copies' stderr || { cat stderr >&2; fail "other texts are not told"; }
[ "$(grep -c '^unroll: ' stderr)" = 1 ] || { cat stderr >&2; fail "not one message about other texts"; }
[ ! -e out ] || fail "a run that was refused leaves its folder"
cp data.tsv copy.tsv
apart --train data.tsv -- --train copy.tsv >stdout 2>stderr || { cat stderr >&2; fail "an equal copy is refused"; }
expect_status 3 'missing.tsv' apart --overwrite --train data.tsv -- --train missing.tsv
[ "$(grep -c '^unroll: ' stderr)" = 1 ] || { cat stderr >&2; fail "not one message about a missing file"; }
# What one rank alone can't do it tells itself; the first one tells that it is lost.
apart --overwrite --train data.tsv -- --train data.tsv --max-memory 1M >stdout 2>stderr && fail "a rank without memory trains" || true
grep -q '^unroll: rank 1 (.*): the memory limit is too low' stderr && grep -q '^unroll: rank 1 (.*) of 2 has ended because of an error; the same' stderr ||
  { cat stderr >&2; fail "the error of one rank is not told"; }
expect_status 3 'has other settings than rank 0' apart --overwrite --train data.tsv --clip-norm 3 -- --train data.tsv
expect_status 2 'already holds a model' on 2 "${few[@]}" --train data.tsv --embedding 6 --out out
[ "$(grep -c '^unroll: ' stderr)" = 1 ] || { cat stderr >&2; fail "not one message about a folder that is taken"; }

# Kills of one rank, and signals to the launcher: `mpi_test.sh PROGRAM MPIRUN 50` kills 50 times.
count=${3:-4}
RANDOM=${KILLS_SEED:-$$}
long=(--train data.tsv --hidden 64 --embedding 64 --batch 8 --epochs 30 --early-stop 0)
expected=$(hash_of "${long[@]}" --shards 3)
# start RANKS: a run of three shards on so many ranks, in the background; its checkpoints are as `often` says.
start() {
  begun=$([ -e out/last.ckpt ] && echo 1 || echo 0) before=$(resumes)
  "$mpirun" -n "$1" "${train[@]}" --out out "${long[@]}" --shards 3 ${often:---checkpoint-minutes 0.003} >stdout 2>stderr & job=$!
}
pid_of() { # RANK: its process, once there is one
  local pid
  for pid in $(pgrep -P "$job"); do
    if tr '\0' '\n' <"/proc/$pid/environ" 2>/dev/null | grep -qx "OMPI_COMM_WORLD_RANK=$1"; then echo "$pid"; return; fi
  done
  return 1
}
nap() { sleep "$(printf '0.%03d' $((RANDOM % 500 + 10)))"; }
# wait_for_a_step: until the run, of which nothing was there or `resumes` resumes, does steps, or is over.
resumes() { grep -c '"event":"resume"' out/metrics.jsonl 2>/dev/null || true; }
wait_for_a_step() {
  for _ in $(seq 1000); do
    kill -0 "$job" 2>/dev/null || return 0
    if [ "$begun" = 0 ]; then grep -q '"event":"step"' out/metrics.jsonl 2>/dev/null && return 0
    elif [ "$(resumes)" != "$before" ]; then return 0; fi
    sleep 0.02
  done
}
kills=0 resumed=0 done=0 slowest=0
while [ $kills -lt "$count" ]; do
  [ $done -lt $((10 * count)) ] || fail "$kills kills in $done runs"
  rm -rf out
  ranks=3  # at first; a run that goes on may have others
  while :; do
    start $ranks
    victim=
    if [ $kills -lt "$count" ]; then
      wait_for_a_step
      nap
      rank=$((RANDOM % ranks))
      if victim=$(pid_of $rank); then kill -9 "$victim" 2>/dev/null && killed=$(date +%s%N) || victim=; fi
    fi
    status=0
    timeout 60 tail --pid=$job -f /dev/null || fail "$ranks ranks hang after rank $rank was killed"
    { wait $job; } 2>/dev/null || status=$?
    [ $status = 0 ] && break
    if [ -s stdout ]; then break; fi  # the rank was killed when the run was over
    [ -n "$victim" ] || { cat stderr >&2; fail "status $status without a kill"; }
    took=$((($(date +%s%N) - killed) / 1000000))
    [ $took -lt 8000 ] || fail "the ranks ended $took ms after the kill"
    [ $took -le $slowest ] || slowest=$took
    kills=$((kills + 1))
    [ -s out/last.ckpt ] || fail "no checkpoint after rank $rank was killed"
    [ "$(grep -c '^unroll: ' stderr)" = 1 ] && grep -q "^unroll: rank $rank (.*, process $victim) of $ranks has died; the same command goes on" stderr ||
      { cat stderr >&2; fail "not one message about rank $rank of $ranks"; }
    ranks=$((RANDOM % 3 + 2))
  done
  done=$((done + 1))
  ! grep -q 'resume  from epoch' out/log.txt || resumed=$((resumed + 1))
  [ "$(hash_in stdout)" = "$expected" ] || fail "another model after kills"
  "$unroll" inspect out --json | grep -qF "\"hash\":\"$expected\"" || fail "the folder holds another model after kills"
  only_run_files out
done
echo "$kills kills of one rank in $done runs, $resumed of which went on from a checkpoint: each was told once, by rank and host; all ranks ended" \
  "within $slowest ms; every model is that of an uninterrupted run"

# Who ends the launcher ends the run in order: a checkpoint, and the same command goes on.
rm -rf out
long=(--train data.tsv --hidden 64 --embedding 64 --batch 4 --epochs 120 --early-stop 0)
often='--checkpoint-minutes 5' start 2
wait_for_a_step
kill -TERM $job
{ wait $job; } 2>/dev/null && fail "SIGTERM to the launcher changes nothing" || true
[ -s out/last.ckpt ] && ! grep -q '"end":"all epochs done"' out/metrics.jsonl || fail "the run did not end before its time"
"${train[@]}" --out out "${long[@]}" --checkpoint-minutes 5 >stdout
grep -q 'resume  from epoch' out/log.txt || fail "no checkpoint after SIGTERM to the launcher"
found=$(hash_in stdout)
[ "$found" = "$(hash_of "${long[@]}" --shards 3)" ] || fail "another model after SIGTERM to the launcher"
