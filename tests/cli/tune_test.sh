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
  grep -q '^best of' cut.txt || fail "no summary after $signal"
  grep -q '^hash  [0-9a-f]\{32\}' cut.txt || fail "no hash after $signal"
done

# A pipe that nobody empties does not keep SIGTERM from ending the search: then stdout gets nothing.
mkfifo full; exec 9<>full
timeout 1 dd if=/dev/zero of=full bs=4096 count=64 2>/dev/null || true
status=0
"$unroll" tune --train train.tsv --dev dev.tsv --out cut --overwrite --duration 300 --quiet --json >full & job=$!
for k in $(seq 200); do [ -s cut/config.toml ] && [ cut/config.toml -nt full ] && break; sleep 0.05; done
sleep 1; kill -TERM $job; wait $job || status=$?
[ "$status" = 143 ] || fail "SIGTERM ended tune with $status where nobody reads"
exec 9>&-

# What is given holds for all trials, whatever it leaves to be tried.
dev=(--dev dev.tsv)
for given in '--cell gru' '--cell lstm' '--cell none' '--no-ngrams' '--preset fast' '--cell gru --no-ngrams' '--forget-bias 2'; do
  rm -rf given
  "$unroll" tune --train train.tsv "${dev[@]}" --out given --duration 2 --epochs 2 --hidden 8 --embedding 8 $given >given.txt 2>notes.txt || { cat notes.txt >&2; fail "tune $given ended with $?"; }
  only_run_files given
  grep -q '^best of [0-9]* trials' given.txt || fail "tune $given: $(cat given.txt)"
  case $given in --cell*)
    ! grep -q '  cell ' notes.txt || fail "$given was searched: $(cat notes.txt)"
    grep -q "^cell = \"$(cut -d' ' -f2 <<<"$given")\"" given/config.toml || fail "$given does not hold"
  esac
  ! grep -qE 'unroll:|no effect' notes.txt || fail "a trial of tune $given complains: $(cat notes.txt)"
  [ ${#dev[@]} = 0 ] && dev=(--dev dev.tsv) || dev=()
done
# A first trial that is not done in its half of the time has a model after its first epoch, and the search goes on.
for given in '--cell gru' '--no-ngrams'; do
  "$unroll" tune --train train.tsv --out given --overwrite --duration 4 --hidden 8 --epochs 100000 --early-stop 0 $given >given.txt 2>notes.txt || { cat notes.txt >&2; fail "tune $given ended with $?"; }
  [ "$(grep -c '  trial ' notes.txt)" -ge 2 ] || fail "tune $given tried one thing: $(cat notes.txt)"
done
expect_status 2 'is SGD' "$unroll" tune --train train.tsv --out none --duration 2 --momentum 0.9
[ ! -e none ] || fail "what is refused leaves a folder"

# Standard input and pipes are read once, for all trials; the winner's settings say where its texts come from.
for from in - /dev/stdin; do
  rm -rf piped again
  cat train.tsv | "$unroll" tune --train $from --dev <(cat dev.tsv) --out piped --duration 3 --epochs 3 --hidden 8 --embedding 8 >piped.txt 2>notes.txt || { cat notes.txt >&2; fail "tune --train $from ended with $?"; }
  [ "$(grep -c '  trial ' notes.txt)" -ge 3 ] || fail "later trials had no texts: $(cat notes.txt)"
  grep -q "^train = \"$from\"" piped/config.toml || fail "config.toml names another file: $(grep '^train' piped/config.toml)"
  cat train.tsv | "$unroll" train --config piped/config.toml --dev dev.tsv --out again --quiet >again.txt
  [ "$(sed -n 's/^hash *//p' piped.txt)" = "$(sed -n 's/^hash *//p' again.txt)" ] || fail "config.toml does not repeat what was found in a pipe"
done
expect_status 2 '--train and --dev both name standard input' "$unroll" tune --train - --dev - --out none --duration 2 </dev/null
printf 'x\ty\npos\tgood\n' >wrong.tsv
expect_status 3 '<stdin>:1: there is no column "text"' "$unroll" tune --train - --out none --duration 2 <wrong.tsv

# A file of settings that train would read is not read in silence.
echo 'hidden = 9' >unroll.toml
expect_status 0 'unroll.toml of the working directory is not read' "$unroll" tune --train train.tsv --cell none --out given --overwrite --duration 1 --quiet
rm unroll.toml

# What no trial could do is an error of the first one, told once.
expect_status 3 'nowhere.tsv' "$unroll" tune --train nowhere.tsv --out none --duration 5
[ ! -e none ] || fail "a failed search leaves a folder: $(find none)"
expect_status 2 '--duration: expected a number' "$unroll" tune --train train.tsv --out none --duration 0
echo 'tune: all as documented'
