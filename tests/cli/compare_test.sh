# unroll compare: variants with several seeds or folds, each a run that goes on; verdicts, a page, and what is refused.
. "$(dirname "$0")/support.sh" "$@"

{ printf 'label\ttext\n'; reviews 80; } >train.tsv
# A word that training has not seen decides a fifth of the rows: they are wrong for any seed.
{ printf 'label\ttext\n'; reviews 60; for k in $(seq 15); do printf 'pos\tzzz %s\nneg\tzzz %s\n' $k $k; done; } >test.tsv
cat >pair.toml <<'TOML'
test = "test.tsv"
seeds = [1, 2]
[train]
train = "train.tsv"
hidden = 8
embedding = 8
epochs = 2
lr = 0.02
[variants.lstm]
[variants.linear]
cell = "none"
[variants.blind]            # learns nothing: a single epoch with next to no rate, and no n-grams
no-ngrams = true
epochs = 1
lr = 1e-8
average = 0
TOML

echo 'hidden = 9' >unroll.toml
"$unroll" compare pair.toml --threads 1 >result.txt 2>notes.txt || { cat notes.txt >&2; fail "compare ended with $?"; }
[ "$(grep -c '^run ./6' notes.txt)" = 6 ] || fail "not one line for each run: $(cat notes.txt)"
[ "$(grep -c 'unroll.toml of the working directory is not read' notes.txt)" = 1 ] || fail "nothing tells that unroll.toml is not read: $(cat notes.txt)"
! grep -q 'no effect' notes.txt || fail "a setting that other variants need is complained about: $(cat notes.txt)"
rm unroll.toml
grep -qE ' [0-9]\.[0-9] s ' result.txt || fail "short times are not told: $(cat result.txt)"
for variant in lstm linear blind; do
  for seed in 1 2; do only_run_files pair/$variant/seed-$seed; done
done
grep -q '^90 rows of test.tsv, 2 runs a variant' result.txt || fail "the scope is missing: $(cat result.txt)"
grep -q 'no difference shown between linear and lstm' result.txt || fail "a difference where there is none: $(cat result.txt)"
grep -qE 'lstm is better than blind by [0-9.]+ points' result.txt || fail "no difference where there is one: $(cat result.txt)"

# The runs are those that train makes.
"$unroll" train --config pair/lstm/seed-2/config.toml --out again --quiet >again.txt
hash=$(sed -n 's/^hash *//p' again.txt)
grep -q "$hash" pair/lstm/seed-2/metrics.jsonl || fail "a run of a comparison is not the run of its settings"

# The page.
page=pair/report.html
for text in 'prefers-color-scheme: dark' 'lstm is better than blind by' 'href="lstm/seed-1/report.html"' 'class="interval"'; do
  grep -qF "$text" $page || fail "the page lacks $text"
done
! grep -niE '<script|<link|(src|href)="(https?:)?//' $page || fail "the page is not self-contained"

! grep -qF 'is on one side of the dashed line is a difference' $page || fail "the page has another rule than the verdicts"
grep -qF 'an interval on one side of the dashed line may be grey' $page || fail "the page does not say what Holm changes"

# What is done is not done again, and says the same.
touch stamp
"$unroll" compare pair.toml --json --quiet >result.json
[ -z "$(find pair -name model.safetensors -newer stamp)" ] || fail "finished runs were run again"
grep -q '"verdict":"no difference shown between linear and lstm"' result.json || fail "--json says something else"
"$unroll" compare pair.toml 2>/dev/null | diff result.txt - || fail "the second time it says something else"

# Another seed and another variant join; what changed is refused, until it may be replaced.
sed 's/\[1, 2\]/[1, 2, 3]/; s/^\[variants.blind\].*/[variants.gru]\ncell = "gru"\n&/' pair.toml >more.toml
"$unroll" compare more.toml --out pair 2>notes.txt >/dev/null
[ "$(find pair -name model.safetensors -newer stamp | wc -l)" = 6 ] || fail "not just the new runs were run"
sed 's/^hidden = 8/hidden = 9/' pair.toml >changed.toml
expect_status 2 'hidden "8" there, "9" here' "$unroll" compare changed.toml --out pair
touch stamp
"$unroll" compare changed.toml --out pair --overwrite --quiet >/dev/null
# The linear model has no hidden size: its runs are as they were.
[ "$(find pair -name model.safetensors -newer stamp | wc -l)" = 4 ] || fail "not just what changed was run again"
echo "$(printf 'pos\tgood')" >>train.tsv
expect_status 2 'runs on other texts' "$unroll" compare changed.toml --out pair

# Folds: every row is tested once, whatever the file looks like.
{ printf 'stars;"what, said"\n'; reviews 60 | awk -F'\t' '{ printf "%s;\"%s; or so\"\n", $1, $2 }'; } >odd.csv
cat >folds.toml <<'TOML'
folds = 3
pairs = "all"
[train]
train = "odd.csv"
text-col = "what, said"
label-col = "stars"
separator = ";"
cell = "none"
[variants.words]
[variants.letters]
tokenizer = "char"
[variants.again]
TOML
sed -i 's/text-col = .*/text-col = "2"/' folds.toml
"$unroll" compare folds.toml --json --quiet >folds.json
grep -q '"test":null,"rows":60' folds.json || fail "folds do not have all rows: $(cat folds.json)"
[ "$(grep -o '"first":' folds.json | wc -l)" = 3 ] || fail "not every pair was compared"
[ "$(cat folds/folds/train-*.jsonl | wc -l)" = 120 ] || fail "a fold does not train on the others"

# Ctrl-C and SIGTERM: the run keeps its checkpoint, and the same command ends with the same models.
sed 's/^epochs = 2/epochs = 400\nearly-stop = 0/' pair.toml | sed '/^\[variants.linear/,$d' >long.toml
printf '[variants.gru]\ncell = "gru"\n' >>long.toml
status=0
"$unroll" compare long.toml --out whole --quiet --json >whole.json
"$unroll" compare long.toml --out cut --quiet & job=$!
for k in $(seq 100); do [ -e cut/lstm/seed-1/model.safetensors ] && break; sleep 0.05; done
kill -INT $job; wait $job || status=$?
[ "$status" = 130 ] || fail "Ctrl-C ended compare with $status"
"$unroll" compare long.toml --out cut --quiet --json >cut.json
grep -o '"hash":"[^"]*"' whole.json >whole.hashes; grep -o '"hash":"[^"]*"' cut.json | diff whole.hashes - || fail "an interrupted comparison ends with other models"

# Texts with several labels are compared by micro-F1, or by what the specification names.
awk -F'\t' 'NR > 1 { printf "{\"text\":\"%s\",\"label\":[\"%s\"%s]}\n", $2, $1, NR % 5 ? "" : ",\"more\"" }' test.tsv >sets.jsonl
cat >sets.toml <<'TOML'
test = "sets.jsonl"
seeds = [1]
[train]
train = "sets.jsonl"
dev = "sets.jsonl"
cell = "none"
[variants.a]
[variants.b]
tokenizer = "char"
TOML
"$unroll" compare sets.toml --json --quiet >sets.json
"$unroll" compare sets.toml 2>/dev/null | grep -q '^90 rows of sets.jsonl, 1 run a variant, by micro-f1' || fail "the table does not name micro-F1"
f1=$("$unroll" test sets/a/seed-1 sets.jsonl --json --quiet | sed 's/.*"micro_f1":\([0-9.]*\).*/\1/')
grep -q '"metric":"micro-f1"' sets.json || fail "sets of labels are compared by something else: $(cat sets.json)"
awk -v a="$f1" -v b="$(sed 's/.*"name":"a","score":\([0-9.]*\).*/\1/' sets.json)" 'BEGIN { exit !(a - b < 1e-5 && b - a < 1e-5) }' || fail "micro-F1 is $f1 by test, and by compare: $(cat sets.json)"
for metric in macro-f1 accuracy f1:more; do
  { echo "metric = \"$metric\""; cat sets.toml; } >named.toml
  "$unroll" compare named.toml --out sets --json --quiet | grep -q "\"metric\":\"$metric\"" || fail "$metric was not compared"
done

{ echo 'metric = "f1:mroe"'; cat sets.toml; } >absent.toml
expect_status 2 'no text of the test has the label "mroe", whose F1 is to compare variants; labels are' "$unroll" compare absent.toml --out absent --quiet

# What fails in the same way again is not told to go on: what has to change is.
sed 's/lr = 0.02/lr = 0.02\naverage = 0/; /^\[variants.linear/,$d' pair.toml >diverges.toml
printf '[variants.hot]\nlr = 1e6\nno-ngrams = true\ncell = "rnn"\nactivation = "relu"\noptimizer = "sgd"\nclip-norm = 0\n' >>diverges.toml
expect_status 4 'it would diverge again. Change [variants.hot] or [train], to a smaller lr' "$unroll" compare diverges.toml --out diverges --quiet
sed -i 's/^lr = 1e6/lr = 1e-3/' diverges.toml
"$unroll" compare diverges.toml --out diverges --quiet --overwrite >stdout || fail "what diverged can't be replaced"

# What is no specification is refused before any work, with its place.
refused() { printf '%s\n' "$2" >bad.toml; expect_status "${3:-2}" "$1" "$unroll" compare bad.toml --out none; [ ! -e none ] || fail "a refused comparison leaves a folder"; }
common='[train]
train = "train.tsv"
'
two='[variants.a]
[variants.b]
cell = "gru"'
refused 'name a test file or a number of folds' "$common$two"
refused 'bad.toml:1:9: folds is a whole number from 2' "folds = 1
$common$two"
refused 'needs two variants or more' "folds = 2
$common"
refused 'bad.toml:1:1: a comparison has no key "fold"; did you mean "folds"?' "fold = 2
$common$two"
refused 'bad.toml:5:1: dev is for [train]' "folds = 2
${common}[variants.a]
dev = \"test.tsv\"
[variants.b]"
refused 'out is not for a comparison' "folds = 2
${common}out = \"x\"
$two"
refused 'the seed 1 is there twice' "test = \"test.tsv\"
seeds = [1, 1]
$common$two"
refused 'did you mean "cell"?' "folds = 2
$common[variants.a]
cel = \"gru\"
[variants.b]"
refused 'bad.toml:1:' 'x = = 2' 3
refused "a variant's name is that of a folder" "folds = 2
$common[variants.\"a/b\"]
[variants.b]"
one='test = "test.tsv"
[train]
train = "train.tsv"
'
refused 'bad.toml:2:10: metric is what variants are compared by' "test = \"test.tsv\"
metric = \"loss\"
$common$two"
refused 'bad.toml:3:1: train is standard input, which can be read only once' 'test = "test.tsv"
[train]
train = "-"
[variants.a]
[variants.b]'
refused 'bad.toml:4:1: dev is standard input' "${one}dev = \"-\"
$two"
refused 'bad.toml:5:1: stopwords: there is no file missing.txt' "${one}[variants.a]
stopwords = \"missing.txt\"
[variants.b]" 3
refused 'variant b: --forget-bias is the bias of the LSTM' "$one[variants.a]
[variants.b]
cell = \"gru\"
forget-bias = 2"
refused 'variant b: --momentum is SGD' "$one[variants.a]
[variants.b]
momentum = 0.5"
# A setting of [train] is for the variants that have a use for it; one that none has is told, once.
printf '%sforget-bias = 2\nhidden = 8\nembedding = 8\nepochs = 1\nmomentum = 0.5\n[variants.a]\n[variants.b]\ncell = "gru"\n[variants.c]\ncell = "none"\nlayers = 2\n' "$one" >own.toml
"$unroll" compare own.toml --quiet >stdout 2>stderr || fail "settings of one variant's cell are refused: $(cat stderr)"
[ "$(grep -c 'no effect' stderr)" = 2 ] || fail "not one warning for each: $(cat stderr)"
grep -q 'own.toml:8:1: momentum has no effect in any variant' stderr || fail "what no variant needs is not told: $(cat stderr)"
grep -q 'layers has no effect in variant c' stderr || fail "what is its own and idle is not told: $(cat stderr)"
expect_status 3 'nowhere.tsv' "$unroll" compare <(printf 'folds = 2\n[train]\ntrain = "nowhere.tsv"\n%s\n' "$two") --out none
echo 'compare: all as documented'
