# `unroll bench predict`: the times of a trained model's predictions, made short. No time is asserted.
. "$(dirname "$0")/support.sh" "$@"

{ printf 'label\ttext\n'; reviews 100; } >data.tsv
"$unroll" train --train data.tsv --out run "${small[@]}" --threads 1 >/dev/null
reviews 20 | cut -f2 >texts.txt

"$unroll" bench predict run --texts texts.txt --seconds 0 --threads 1 >table 2>notes || fail "status $?"
for row in 'per call +1' 'per call +32' 'beforehand +1' 'beforehand +32'; do
  [ "$(grep -cE "^$row( +[0-9.]+){6}$" table)" = 1 ] || { cat table >&2; fail "no row of $row"; }
done
grep -q '^texts.txt, 1 thread, ' table || { cat table >&2; fail "what it holds for"; }
[ "$(LC_ALL=C.UTF-8 awk 'length > 80' table)" = "" ] || fail "wider than 80 columns"

"$unroll" bench predict run --seconds 0 --batches 2 --threads 2 --json --quiet >json 2>notes || fail "--json"
[ ! -s notes ] || fail "--quiet"
number='[0-9.e+-]+'
row='"batch":2,"threads":2,'
row+="\"texts_per_s\":$number,\"tokens_per_s\":$number,\"p50_us\":$number,\"p99_us\":$number,\"made_ms\":$number,"
row+='"word_table_bytes":[0-9]+}'
grep -qE "^\[{\"word_products\":\"per call\",$row,{\"word_products\":\"beforehand\",$row\]$" json ||
  { cat json >&2; fail "not such rows"; }

expect_status 5 'nowhere' "$unroll" bench predict nowhere
expect_status 3 'none.txt' "$unroll" bench predict run --texts none.txt
expect_status 2 '--batches' "$unroll" bench predict run --batches 0
: >empty.txt
expect_status 2 'at least one text' "$unroll" bench predict run --texts empty.txt
