# train, test, predict, inspect on every format; the same data gives the same model whatever file it is in.
. "$(dirname "$0")/support.sh" "$@"

{ printf 'label\ttext\n'; reviews 200; } >data.tsv
{ printf '\xef\xbb\xbflabel\ttext\r\n'; reviews 200 | sed 's/$/\r/'; } >windows.tsv
gzip -c data.tsv >data.tsv.gz
{ echo 'text,label,id'; reviews 200 | awk -F'\t' '{ printf "\"%s\",%s,%d\r\n", $2, $1, NR }'; } >data.csv
reviews 200 | awk -F'\t' '{ print "__label__" $1 " " $2 }' >data.txt
reviews 200 | awk -F'\t' '{ printf "{\"label\": \"%s\", \"text\": \"%s\"}\n", $1, $2 }' >data.jsonl
reviews 200 >headless.tsv

for file in data.tsv windows.tsv data.tsv.gz data.csv data.txt data.jsonl; do
  "$unroll" train --train "$file" --out "runs/$file" "${small[@]}" --threads 1 >/dev/null
  "$unroll" test "runs/$file" data.tsv --json >test.json
  grep -q '"accuracy":1.0' test.json || fail "$file: $(cat test.json)"
done
"$unroll" train --train headless.tsv --no-header --text-col 2 --label-col 1 --out runs/headless "${small[@]}" --threads 1 >/dev/null
"$unroll" train --train - --out runs/stdin "${small[@]}" --threads 1 <data.csv >/dev/null

# Predictions of models from all formats are the same: the bytes of the texts decide, not their file.
reviews 20 | cut -f2 >texts.txt
"$unroll" predict runs/data.tsv texts.txt --top 2 >expected
[ "$(wc -l <expected)" = 20 ] || fail "predict: not a line a text"
for run in windows.tsv data.tsv.gz data.csv data.txt data.jsonl headless stdin; do
  "$unroll" predict "runs/$run" --top 2 <texts.txt | cmp - expected || fail "$run predicts otherwise"
done
"$unroll" predict runs/data.tsv texts.txt --top 2 --word-table | cmp - expected || fail "--word-table predicts otherwise"
"$unroll" predict runs/data.tsv texts.txt --prob | awk -F'\t' 'NF != 2 || $2 < 0.5 || $2 > 1 { exit 1 }' || fail "--prob"
"$unroll" predict runs/data.tsv texts.txt | cmp - <(cut -f1 expected) || fail "labels"
"$unroll" predict runs/data.tsv texts.txt --json | head -n 1 | grep -q '^{"label":"neg","probability":0' || fail "--json"

"$unroll" inspect runs/data.tsv | grep -q 'lstm.0.backward.U' || fail "inspect"
"$unroll" inspect runs/data.tsv --json | grep -q '"labels":\["neg","pos"\]' || fail "inspect --json"
"$unroll" doctor >doctor
for line in instruction_set_in_use cpu_maker bfloat16 bfloat16_reason float16 half_precision amx sigmoid; do
  grep -q "^$line  *[a-zA-Z]" doctor || fail "doctor: no line $line"
done
grep -q '^sigmoid  *without division' <(UNROLL_CPU=intel "$unroll" doctor) || fail "doctor: sigmoid on Intel"
# What CPUID says is what Linux says.
for pair in float16:avx512_fp16 amx:amx_tile; do
  in_linux=$(grep -qw "${pair#*:}" /proc/cpuinfo && echo yes || echo no)
  in_doctor=$("$unroll" doctor | grep -q "^${pair%:*}  *none$" && echo no || echo yes)
  [ "$in_linux" = "$in_doctor" ] || fail "doctor: ${pair%:*}"
done
grep -q '^cpu_maker  *amd' <(UNROLL_CPU=amd "$unroll" doctor) || fail "doctor: UNROLL_CPU"
grep -q '^bfloat16  *rounded' <(UNROLL_ISA=scalar "$unroll" doctor) || fail "doctor: bfloat16 without AVX-512"
"$unroll" --version | grep -q '^unroll ' || fail "version"
only_run_files runs/data.tsv
