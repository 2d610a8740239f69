# bash rare_class_test.sh PROGRAM [ROWS]: a rare label that one word tells, in texts of twelve words. With 20000 rows it is
# the evidence for `train --metric macro-f1`.
. "$(dirname "$0")/support.sh" "$@"
rows=${2:-3000}
export OMP_NUM_THREADS=1

# rare_rows ROWS RARE SEED: so many rows, RARE of them rare.
rare_rows() {
  awk -v rows="$1" -v rare="$2" -v seed="$3" '
    function random(most) { seed = (seed * 16807) % 2147483647; return int(most * (seed / 2147483647)) }
    BEGIN {
      for (k = 0; k < rare; k++) { do row = random(rows); while (row in is_rare); is_rare[row] = 1 }
      print "label\ttext"
      for (row = 0; row < rows; row++) {
        at = row in is_rare ? random(12) : -1
        text = ""
        for (w = 0; w < 12; w++) text = text (w ? " " : "") (w == at ? "alarm" : "word" random(1000))
        print (row in is_rare ? "rare" : "common") "\t" text
      }
    }'
}

# rare_figure NAME: precision or recall of the label rare, from test.json.
rare_figure() { sed "s/.*\"label\":\"rare\",[^}]*\"$1\":\([0-9.]*\).*/\1/" test.json; }

# check RARE RECALL FLAGS...: so many rare rows to train on; at least this recall, at precision 0.9.
check() {
  local rare=$1 recall=$2
  shift 2
  rare_rows "$rows" "$rare" 7 >train.tsv
  rare_rows "$rows" $((rows / 20)) 8 >test.tsv
  "$unroll" train --train train.tsv --out run --overwrite --metric macro-f1 "$@" >stdout 2>stderr
  grep -q "the rarest label is \"rare\": .* and [0-9]* for dev" stderr || fail "the notes do not say how rare it is"
  "$unroll" test run test.tsv --json --quiet >test.json
  echo "rows $rows, rare $rare, $*: recall $(rare_figure recall), precision $(rare_figure precision)"
  awk -v r="$(rare_figure recall)" -v p="$(rare_figure precision)" -v least="$recall" \
    'BEGIN { exit !(r >= least && p >= 0.9) }' || fail "$rare rare rows of $rows, $*: $(cat test.json)"
}

if [ "$rows" -ge 20000 ]; then
  check $((rows / 250)) 0.95
  check $((rows / 1000)) 0.85
  check $((rows / 250)) 0.95 --no-ngrams  # with four times fewer the network learns the rows by heart, not the word
  exit
fi
check $((rows / 250)) 0.95 --hidden 8 --embedding 8 --epochs 3 --lr 0.02
grep -q '^epoch .* dev macro-f1 [0-9.]* %' stderr || fail "the epoch's line does not show the metric"
grep -q '^best epoch .* dev macro-f1 [0-9.]* %, accuracy [0-9.]* %' stdout || fail "the result does not show both"
check $((rows / 250)) 0.95 --cell none

# What decides: each metric, and what is none.
small+=(--epochs 2)
unset 'small[4]' 'small[5]'  # --epochs 6
{ printf 'label\ttext\n'; reviews 120; } >data.tsv
for metric in accuracy micro-f1 macro-f1 f1:pos loss; do
  "$unroll" train --train data.tsv --out run --overwrite "${small[@]}" --metric $metric --json >json
  grep -q "\"metric\":\"$metric\",\"dev_metric\":" json || fail "--metric $metric --json: $(cat json)"
done
expect_status 2 'accuracy, micro-f1, macro-f1, f1:LABEL and loss' "$unroll" train --train data.tsv --out x --metric f2
expect_status 2 'theirs are "neg", "pos" (--metric)' "$unroll" train --train data.tsv --out x --metric f1:good

# Weights: of labels, of rows; equal ones change no bit.
hash_of() { "$unroll" train --out run --overwrite "${small[@]}" "$@" --json | sed 's/.*"hash":"\([0-9a-f]*\)".*/\1/'; }
awk -F'\t' -v OFS='\t' 'NR == 1 { print $0, "weight", "equal"; next } { print $0, 1 + NR % 3, 2.5 }' data.tsv >weighted.tsv
plain=$(hash_of --train data.tsv)
[ "$(hash_of --train weighted.tsv --weight-col equal)" = "$plain" ] || fail "equal weights of rows make another model"
[ "$(hash_of --train data.tsv --class-weight neg=3,pos=3)" = "$plain" ] || fail "equal weights of labels make another model"
[ "$(hash_of --train data.tsv --class-weight none)" = "$plain" ] || fail "--class-weight none makes another model"
[ "$(hash_of --train data.tsv --class-weight balanced)" = "$plain" ] || fail "balanced labels make another model"
[ "$(hash_of --train weighted.tsv --weight-col weight)" != "$plain" ] || fail "weights of rows change nothing"
[ "$(hash_of --train data.tsv --class-weight neg=3)" != "$plain" ] || fail "weights of labels change nothing"
"$unroll" inspect run | grep -q '^class_weight  *neg=3$' || fail "inspect does not show the weights"
expect_status 2 'theirs are "neg", "pos" (--class-weight)' "$unroll" train --train data.tsv --out x --class-weight bad=2
for wrong in neg=0 neg=-1 neg=inf neg=nan neg=x neg =2 '' neg=1,pos; do
  expect_status 2 'label=weight' "$unroll" train --train data.tsv --out x --class-weight "$wrong"
done
expect_status 2 'twice' "$unroll" train --train data.tsv --out x --class-weight neg=1,neg=2
sed '3s/[0-9.]*$/heavy/' weighted.tsv >broken.tsv
expect_status 3 'broken.tsv:3: row 2: the weight is "heavy"' "$unroll" train --train broken.tsv --out x --weight-col equal
expect_status 0 '1 bad row was left out' "$unroll" train --train broken.tsv --out run --overwrite "${small[@]}" --weight-col equal --bad-rows skip
expect_status 3 'there is no column "w"' "$unroll" train --train data.tsv --out x --weight-col w

# A label may hold commas and =.
sed 's/^neg/a,b=c/' data.tsv >odd.tsv
"$unroll" train --train odd.tsv --out run --overwrite "${small[@]}" --class-weight 'a,b=c=2,pos=1' 2>/dev/null >/dev/null ||
  fail "a label with a comma can't be given a weight"
