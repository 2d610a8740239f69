# gradcheck PROGRAM [PROGRAM WITH A SEEDED MISTAKE]: good models pass on random words and on data, a wrong gradient is status 6.
[ $# -lt 2 ] || mistaken=$(realpath "$2")
. "$(dirname "$0")/support.sh" "$@"

{ printf 'label\ttext\n'; reviews 120; } >data.tsv
train() { "$unroll" train --train data.tsv --out "$1" --hidden 6 --embedding 5 --epochs 2 --quiet "${@:2}" >/dev/null; }
train lstm
train relu --cell rnn --activation relu --layers 2

for run in lstm relu; do
  "$unroll" gradcheck $run >table 2>notes || { cat table >&2; fail "$run: status $?"; }
  grep -q '^ok: ' table || fail "$run: no verdict"
  grep -q 'random words and labels' notes || fail "$run: does not say what the data is"
  [ "$(LC_ALL=C.UTF-8 awk 'length > 80' table)" = "" ] || fail "$run: wider than 80 columns"
  "$unroll" gradcheck $run --data data.tsv --rows 5 --seed 3 --json --quiet >json 2>notes || fail "$run on data: status $?"
  [ ! -s notes ] || fail "--quiet"
  [ "$(wc -l <json)" = 1 ] && grep -q '^{"version":1,"holds":true,.*"tensor":"x".*}$' json || { cat json >&2; fail "$run --json"; }
done
"$unroll" gradcheck lstm --data data.tsv --rows 5 --quiet | grep -q '^lstm.0.backward.W o ' || fail "gates"
"$unroll" gradcheck lstm --data - --rows 5 --quiet <data.tsv >/dev/null || fail "standard input"

{ printf 'label\ttext\n'; echo 'neutral	this film is good'; } >unseen.tsv
expect_status 3 'unseen.tsv:2: label "neutral"' "$unroll" gradcheck lstm --data unseen.tsv
expect_status 3 'missing.tsv' "$unroll" gradcheck lstm --data missing.tsv
expect_status 5 'nowhere' "$unroll" gradcheck nowhere
expect_status 2 '--rows' "$unroll" gradcheck lstm --rows 0

if [ $# -ge 2 ]; then
  status=0; "$mistaken" gradcheck lstm --data data.tsv >table 2>/dev/null || status=$?
  [ $status = 6 ] || { cat table >&2; fail "a program with a mistake ends with status $status"; }
  grep -q '^lstm.0.forward.b i .* FAIL$' table && grep -q '^FAIL: ' table || { cat table >&2; fail "the mistake is not named"; }
fi
