# Wrong input of every kind: one clear message, the documented status, nothing lost.
. "$(dirname "$0")/support.sh" "$@"

{ printf 'label\ttext\n'; reviews 60; } >data.tsv
train=("$unroll" train --out run --hidden 4 --embedding 4 --epochs 1 --quiet --train)

# 2: usage
expect_status 2 '--hidden' "${train[@]}" data.tsv --hidden 0
expect_status 2 '--cell' "${train[@]}" data.tsv --cell lstmx
expect_status 2 '--frobnicate' "${train[@]}" data.tsv --frobnicate
expect_status 2 '--train is required' "$unroll" train --out run
expect_status 2 'unroll needs a command: train, test' "$unroll"
expect_status 2 'explain --list' "$unroll" explain RNN-nothing
expect_status 2 'name an equation' "$unroll" explain
UNROLL_ISA=mmx expect_status 2 'UNROLL_ISA' "${train[@]}" data.tsv
UNROLL_CPU=via expect_status 2 'amd, intel' "${train[@]}" data.tsv
"${train[@]}" data.tsv >/dev/null
sum=$(cksum <run/model.safetensors)
expect_status 2 'run already holds a model' "${train[@]}" data.tsv
[ "$(cksum <run/model.safetensors)" = "$sum" ] || fail "a refused training touched the model"
"${train[@]}" data.tsv --overwrite >/dev/null

# 3: data
expect_status 3 'missing.tsv' "${train[@]}" missing.tsv --overwrite
expect_status 3 'review' "${train[@]}" data.tsv --text-col review --overwrite
grep -q '(--text-col, --no-header)$' stderr || fail "a missing column: no flags named"
expect_status 2 'no column is named "text"' "${train[@]}" data.tsv --no-header --overwrite
grep -q '(--text-col)$' stderr || fail "a missing number: no flag named"
echo '{"body": "a", "label": "b"}' >keys.jsonl
expect_status 3 'the keys are "body", "label". Name one of them (--text-col)' "${train[@]}" keys.jsonl --overwrite
printf 'label\ttext\npos\ta b\nneg\tc d\n' >two.tsv
expect_status 3 'dev texts of their own (--dev)' "${train[@]}" two.tsv --overwrite
: >empty.tsv; expect_status 3 'empty.tsv' "${train[@]}" empty.tsv --overwrite
printf 'label\ttext\npos\ta b\npos\tc d\n' >one.tsv
expect_status 3 'all 2 rows have the label "pos"' "${train[@]}" one.tsv --dev data.tsv --overwrite
grep -q '(--label-col)$' stderr || fail "one label: no flag named"
printf 'label\ttext\npos\tfine\nneg\n' >short.tsv; expect_status 3 'short.tsv:3' "${train[@]}" short.tsv --overwrite
printf 'label\ttext\npos\tfine\nneg\tb\xffd\n' >bytes.tsv; expect_status 3 'bytes.tsv:3:6' "${train[@]}" bytes.tsv --overwrite
printf 'text,label\n"open,neg\n' >open.csv; expect_status 3 'open.csv:2' "${train[@]}" open.csv --overwrite
gzip -c data.tsv | head -c 100 >cut.gz; expect_status 3 'cut.gz' "${train[@]}" cut.gz --overwrite
expect_status 3 'nowhere.vec' "${train[@]}" data.tsv --vectors nowhere.vec --overwrite
printf 'a 1 2 3 4\nb 1\n' >bad.vec; expect_status 3 'bad.vec:2' "${train[@]}" data.tsv --vectors bad.vec --overwrite
expect_status 3 'nothing.txt' "$unroll" predict run nothing.txt
printf 'fine\nb\xffd\n' >bytes.txt; expect_status 3 'bytes.txt:2' "$unroll" predict run bytes.txt
expect_status 3 'missing.tsv' "$unroll" test run missing.tsv

# an unseen label is named, and counted wrong
{ cat data.tsv; printf 'neutral\tthis film is good\n'; } >unseen.tsv
expect_status 0 'unseen.tsv:62: the label "neutral" has no training row; rows that count as wrong for that: 1' "$unroll" test run unseen.tsv --json
grep -q '"unseen_labels":\["neutral"\]' stdout || fail "unseen label not reported"

# 5: models
expect_status 5 'nowhere' "$unroll" predict nowhere data.tsv
mkdir foreign; echo 'not a model' >foreign/model.safetensors
expect_status 5 'foreign/model.safetensors' "$unroll" inspect foreign
mkdir cut; head -c 3000 run/model.safetensors >cut/model.safetensors
expect_status 5 'checksum' "$unroll" predict cut data.tsv

# 7: disk
if [ -w /dev/full ]; then
  echo 'fine' >fine.txt
  status=0; "$unroll" predict run fine.txt >/dev/full 2>stderr || status=$?
  [ "$status" = 7 ] || fail "full standard output: status $status"
fi
: >file; expect_status 7 'file/run' "$unroll" train --train data.tsv --out file/run --quiet

# Ctrl-C keeps the best epoch so far
"$unroll" train --train data.tsv --out interrupted --hidden 4 --embedding 4 --epochs 100000 --early-stop 0 >stdout 2>stderr &
job=$!
for _ in $(seq 200); do [ -s interrupted/model.safetensors ] && break; sleep 0.05; done
kill -INT $job
status=0; wait $job || status=$?
[ "$status" = 130 ] || { cat stderr >&2; fail "interrupted: status $status"; }
"$unroll" test interrupted data.tsv >/dev/null || fail "the interrupted run left no model"
only_run_files interrupted

# A wrong command line names the help to look at.
expect_status 2 'Try `unroll train --help`.' "$unroll" train --nowhere
expect_status 2 'Try `unroll data split --help`.' "$unroll" data split --nowhere
expect_status 2 'Try `unroll data --help`, or `unroll data COMMAND --help`.' "$unroll" data
expect_status 2 'Try `unroll --help`, or `unroll COMMAND --help`.' "$unroll" nowhere
