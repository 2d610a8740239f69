# The C example and the one of Python's ctypes answer as the program does. bash c_test.sh PROGRAM EXAMPLE LIBRARY CTYPES_EXAMPLE
example=$(realpath "$2") library=$(realpath "$3") ctypes=$(realpath "$4")
. "$(dirname "$0")/../cli/support.sh" "$1"

{ printf 'label\ttext\n'; reviews 120; } >data.tsv
"$unroll" train --train data.tsv --out run "${small[@]}" >/dev/null
{ reviews 50 | cut -f2; printf '一部好电影。\n\n'; } >texts.txt
"$unroll" predict run texts.txt --prob >expected
"$example" run <texts.txt | cmp - expected || fail "the C example"
"$example" run/model.safetensors <texts.txt | cmp - expected || fail "a model file"
if command -v python3 >/dev/null; then
  python3 "$ctypes" "$library" run <texts.txt | cmp - expected || fail "ctypes"
fi

# Any number of labels.
awk 'BEGIN { for (k = 0; k < 120; ++k) {
  labels = (k % 2 ? "warm" : "") (k % 2 && k % 3 ? " " : "") (k % 3 ? "big" : "")
  print "{\"labels\":\"" labels "\",\"text\":\"" (k % 2 ? "kind friendly" : "rude cold") " " (k % 3 ? "large huge" : "tiny little") "\"}" } }' >several.json
"$unroll" train --train several.json --label-col labels --label-separator ' ' --out several --hidden 16 --embedding 8 --lr 0.02 --epochs 20 --quiet >/dev/null
printf 'kind friendly large huge\nrude cold tiny little\n' | "$example" several >answers
{ IFS= read -r both; IFS= read -r none; } <answers
[ "$(tr ' ' '\n' <<<"$both" | sort | tr '\n' ' ')" = "big warm " ] || fail "two labels: $both"
[ "$none" = "" ] || fail "no label: $none"

"$example" nowhere </dev/null 2>message && fail "a missing model"
grep -q 'nowhere' message || fail "the message names no model"
printf 'bad \377\n' | "$example" run 2>message && fail "invalid UTF-8"
grep -q 'not valid UTF-8 at byte 4' message || { cat message >&2; fail "invalid UTF-8"; }
