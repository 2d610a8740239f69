# unroll test --require: figures that a deployment asks for; status 6 names the figure and what was required.
. "$(dirname "$0")/support.sh" "$@"

{ printf 'label\ttext\n'; reviews 60; } >data.tsv
"$unroll" train --train data.tsv --out run --preset fast --quiet >/dev/null
{ cat data.tsv; printf 'neg\tthis film is good\npos\tthis film is bad\npos\tthis book is good\n'; } >harder.tsv
"$unroll" test run harder.tsv --json >json
holds() { "$unroll" test run harder.tsv --quiet "$@" >stdout || fail "status $?: $*"; }
fails() { expect_status 6 "$1" "$unroll" test run harder.tsv --quiet "${@:2}"; }
wrong() { expect_status 2 "$1" "$unroll" test run missing.tsv --require "$2"; }

holds --require 'accuracy>=0.9' --require 'macro_f1 > 0.9' --require 'macro-f1>90%' --require 'calibration.error<=1'
holds --require 'rows<=63' --require 'rows>=63' --require 'recall:pos>0.9' --require 'f1:neg > 0.5' --require 'interval.low>0.5'
fails 'accuracy is 0.968254, required is >= 0.99' --require 'accuracy>=0.99'
fails 'rows is 63, required is > 63' --require 'rows>63'
fails 'rows is 63, required is < 63' --require 'rows<63'
fails 'recall:pos is 0.96875, required is > 0.97; macro_f1 is' --require 'recall:pos>97%' --require accuracy\>=0.5 --require 'macro-f1>=1'
grep -q '^accuracy 96.83 %' stdout || fail "the figures were not printed before"
fails 'accuracy is' --json --require 'accuracy>1'
cmp -s stdout json || fail "--json changes with --require"

# The loss of the dev texts is the one that training told.
for what in 'one.tsv' 'any.jsonl'; do
  [ $what = one.tsv ] && cp data.tsv one.tsv ||
    awk -F'\t' 'NR > 1 { printf "{\"text\":\"%s\",\"label\":[\"%s\"%s]}\n", $2, $1, NR % 5 ? "" : ",\"more\"" }' data.tsv >any.jsonl
  for kind in '--cell none' '--cell gru'; do
    "$unroll" train --train $what --dev $what --out loss --overwrite "${small[@]}" --early-stop 0 $kind --metric loss >/dev/null 2>&1
    dev=$(grep '"best":true' loss/metrics.jsonl | tail -1 || true)
    [ -n "$dev" ] || dev=$(grep '"event":"linear"' loss/metrics.jsonl)
    dev=$(sed 's/.*"dev_loss":\([0-9.e-]*\).*/\1/' <<<"$dev")
    test=$("$unroll" test loss $what --json --quiet | sed 's/.*"loss":\([0-9.e-]*\).*/\1/')
    awk -v a="$dev" -v b="$test" 'BEGIN { d = a - b; exit !(d < 1e-5 * (1 + a) && d > -1e-5 * (1 + a)) }' || fail "$what $kind: dev loss $dev, test loss $test"
  done
done
holds --require 'loss<=10'
fails 'loss is 0.' --require 'loss<0.0001'

# What is no requirement is known before any data are read.
wrong 'is no requirement' accuracy
wrong 'expected a number such as 0.93 or 93% behind >=' 'accuracy>=high'
wrong 'expected a number' 'accuracy>='
wrong 'expected a number' 'accuracy>=nan'
wrong 'accuracy is a share, from 0 to 1: write 93% or 0.93' 'accuracy>=93'
wrong 'f1:pos is a share, from 0 to 1: write 90% or 0.9' 'f1:pos > 90'
wrong 'recall:pos is a share, from 0 to 1' 'recall:pos>=-0.5'
wrong 'macro_f1 is a share, from 0 to 1' 'macro-f1>=930%'
wrong 'rows is no share: write a number without %' 'rows>=93%'
wrong '"=>" is no comparison; it is one of >=, >, <= and <' 'accuracy=>0.93'
wrong '">>" is no comparison' 'accuracy>>0.93'
wrong '"<>" is no comparison' 'accuracy <> 0.93'
wrong 'with >=, >, <= or <' 'accuracy==0.93'
wrong 'no figure "acuracy"; did you mean "accuracy"?' 'acuracy>=0.5'
wrong 'no figure ""' '>=0.5'
expect_status 2 'no row has the label "none"' "$unroll" test run harder.tsv --quiet --require 'f1:none>0'
expect_status 2 'this test has no micro_f1' "$unroll" test run harder.tsv --quiet --require 'micro_f1>0'

# A label may have characters of a comparison.
sed 's/^pos/a>=b:c/' harder.tsv >odd.tsv
"$unroll" train --train odd.tsv --out odd --preset fast --quiet >/dev/null
expect_status 6 'f1:a>=b:c is' "$unroll" test odd odd.tsv --quiet --require 'f1:a>=b:c>1'

# Models of any number of labels have figures of their own.
awk -F'\t' 'NR > 1 { printf "{\"text\":\"%s\",\"label\":[\"%s\"%s]}\n", $2, $1, NR % 5 ? "" : ",\"more\"" }' data.tsv >sets.jsonl
"$unroll" train --train sets.jsonl --out sets --preset fast --quiet >/dev/null
"$unroll" test sets sets.jsonl --quiet --require 'micro-f1>0.1' --require 'precision_at_1>0.1' >stdout || fail "figures of label sets"
expect_status 2 'no calibration.error, which models have that answer one label a text' "$unroll" test sets sets.jsonl --quiet --require 'calibration.error<1'
