# Two trainings into one folder, started together: one trains, the other is refused. `two_runs_test.sh PROGRAM 200` does it 200 times.
. "$(dirname "$0")/support.sh" "$@"
starts=${2:-40}

{ printf 'label\ttext\n'; reviews 40; } >data.tsv
run_train() { "$unroll" train --train data.tsv --hidden 4 --embedding 4 --threads 1 --quiet --json "$@"; }
train() { exec "$unroll" train --train data.tsv --hidden 4 --embedding 4 --threads 1 --quiet --json "$@"; }

# The seed tells whose model it is.
in_use=0
for k in $(seq "$starts"); do
  rm -rf out; one=0; two=0
  (train --out out --epochs 2 --seed 1) >one 2>one.err & first=$!
  (train --out out --epochs 2 --seed 2) >two 2>two.err & second=$!
  wait $first || one=$?
  wait $second || two=$?
  case "$one $two" in
    '0 2') winner=1; message=two.err ;;
    '2 0') winner=2; message=one.err ;;
    *) cat one.err two.err >&2; fail "start $k: statuses $one and $two" ;;
  esac
  if grep -q 'out is in use by another run' $message; then
    in_use=$((in_use + 1))
  else  # so much later that the first had ended
    grep -q 'out already holds a model' $message || { cat $message >&2; fail "start $k: no word why"; }
  fi
  only_run_files out
  "$unroll" inspect out --json | grep -q "\"seed\":\"$winner\"" || fail "start $k: the model is not the winner's"
done
[ "$in_use" -gt 0 ] || fail "no two of $starts runs met"
echo "$starts starts: one trained, the other was refused, $in_use times while the first ran"

# --overwrite is no leave to take a folder from a run, and the lock dies with its process, however that ends.
(train --out out --overwrite --epochs 100000 --early-stop 0) >one 2>one.err & first=$!
for _ in $(seq 200); do [ -n "$(find out -newer data.tsv -name model.safetensors -newermt "$(stat -c %y one)")" ] && break; sleep 0.05; done
expect_status 2 "out is in use by another run" run_train --out out --overwrite --epochs 1
expect_status 2 'out is in use by another run' "$unroll" data split data.tsv --out out
kill -KILL $first
wait $first 2>/dev/null || true
run_train --out out --overwrite --epochs 1 >/dev/null || fail "the lock outlived its process"
only_run_files out
