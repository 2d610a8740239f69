# What a run needs: shown by inspect, held by train --max-memory.
. "$(dirname "$0")/support.sh" "$@"

{ printf 'label\ttext\n'; reviews 200; } >data.tsv
# A model and batches that weigh more than what varies in the process.
train() { local out=$1; shift; "$unroll" train --train data.tsv --out "$out" --embedding 8 --lr 0.02 --quiet --hidden 128 --batch 150 --epochs 2 --json "$@"; }

train whole >whole.json
"$unroll" inspect --memory whole >table
for part in process data parameters gradients optimizer average 'best epoch' 'forward pass' 'backward pass' evaluation prediction; do
  grep -q "$part .* MiB" table || fail "no line for $part"
done
"$unroll" inspect --memory whole --json | grep -q '"training":{"parts":{"process":' || fail "no JSON of training"
if "$unroll" inspect whole | grep -q most_tokens; then fail "inspect prints the note on memory as it is"; fi

# The limit holds for the process; the result is that of whole batches.
number() { grep -o "\"$1\":[0-9]*" "$2" | head -1 | grep -o '[0-9]*$'; }  # NAME FILE
"$unroll" inspect --memory whole --json >plan.json
all=$(number bytes plan.json)
limit=$((all - $(number 'forward pass' plan.json) / 2))
train held --max-memory $((limit / 1024))K >held.json
grep -q '"most_tokens":0,' whole.json || fail "without a limit there are parts"
grep -q '"most_tokens":[1-9]' held.json || fail "within a limit there are none"
grep -q 'in parts of' <("$unroll" inspect --memory held) || fail "inspect does not say that there were parts"
grep -q 'to read and encode the texts' <("$unroll" inspect --memory held) || fail "inspect does not say what reading took"
accuracy() { grep -o '"dev_accuracy":[0-9.]*' "$1"; }
[ "$(accuracy whole.json)" = "$(accuracy held.json)" ] || fail "another result within a limit"

# Texts that are large against the program are held within a limit, too. What is said to be the least does.
awk 'BEGIN { print "label\ttext"; for (k = 0; k < 30000; k++) {
  text = ""; for (i = 0; i < 40; i++) text = text " w" (k * 7919 + i * i * 31) % 3001
  print (k % 2 ? "a" : "b") "\t" text } }' >large.tsv
large=("$unroll" train --train large.tsv --tokenizer space --hidden 4 --embedding 4 --epochs 1 --quiet --json --overwrite)
expect_status 8 'at least' "${large[@]}" --out large --max-memory 1M
least=$(grep -o 'at least [0-9.]*M' stderr | grep -o '[0-9.]*M')
"${large[@]}" --out large --max-memory "$least" >large.json || fail "the least that was asked for, $least, does not do"
peak=$(number peak_memory large.json)
awk -v peak="$peak" -v least="${least%M}" 'BEGIN { exit !(peak < 1.1 * least * 1048576) }' ||
  fail "the process held $peak bytes within --max-memory $least"

expect_status 8 'at least' train small --max-memory 10K
grep -q '(--max-memory, --max-tokens, --max-vocabulary)$' stderr || fail "too little memory: no flags named"
expect_status 2 '--max-memory' train small --max-memory 10
expect_status 2 '--max-memory' train small --max-memory 10X
