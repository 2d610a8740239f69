# bash ngrams_test.sh PROGRAM: the network and the linear model of n-grams, together and apart.
. "$(dirname "$0")/support.sh" "$@"
export OMP_NUM_THREADS=1
{ printf 'label\ttext\n'; reviews 200; } >data.tsv
reviews 12 | cut -f2 >texts

# A model that can be used before the first epoch, its accuracy on a line, and one model of both after that.
"$unroll" train --train data.tsv --out both --hidden 8 --embedding 8 --epochs 3 --lr 0.02 >stdout 2>stderr
grep -q '^ngrams  ' stderr || fail "no line about the n-grams"
[ "$(grep -n '^linear  .* dev 100.00 %' stderr | cut -d: -f1)" -lt "$(grep -n '^epoch 1/3' stderr | cut -d: -f1)" ] ||
  fail "the linear model's accuracy does not come before the first epoch"
"$unroll" inspect both >inspect
grep -q '^fusion ' inspect || fail "inspect does not show the fusion"
grep -q '^ngrams.W ' inspect || fail "inspect does not show the tensors of the n-grams"
grep -q '^lstm.0.forward.U ' inspect || fail "inspect does not show the network"
"$unroll" test both data.tsv --quiet | grep -q '^accuracy 100.00 %' || fail "fused: not learnt"

# The network alone: a file that the first programs read.
"$unroll" train --train data.tsv --out network --no-ngrams "${small[@]}" >stdout
grep -aq '"unroll.format":"1"' network/model.safetensors || fail "a network alone is not of format 1"
grep -aq 'ngrams' network/model.safetensors && fail "--no-ngrams has n-grams"
grep -aq '"unroll.format":"3"' both/model.safetensors || fail "a fused model is not of format 3"

# The linear model alone: no network, the same answers from a file, the same model on any threads.
"$unroll" train --train data.tsv --out linear --cell none --quiet >stdout
grep -q '^linear model alone (solved): dev accuracy 100.00 %' stdout || fail "linear: $(cat stdout)"
"$unroll" train --train data.tsv --out linear2 --cell none --threads 2 --quiet --json >json
hash=$(awk '$1 == "hash" { print $2 }' stdout)
grep -q "\"hash\":\"$hash\"" json || fail "linear: another model on two threads"
grep -q '"end":"solved","epochs":0,"best_epoch":0' json || fail "linear --json: $(cat json)"
"$unroll" predict linear texts --prob >answers
"$unroll" predict linear2 texts --prob --threads 2 | diff - answers || fail "linear: other answers on two threads"
"$unroll" inspect linear | grep -q '^model ' && fail "inspect shows a network that is not there"
"$unroll" inspect linear --memory | grep -q 'n-grams' || fail "inspect --memory: no n-grams"

# Where no epoch is as good, the linear model stays, and replaces an older model in the end. A network that learns nothing of
# rows whose telling words are rare costs answers.
hard() { # SEED ROWS
  awk -v s="$1" -v rows="$2" 'function r(n) { s = (s * 16807) % 2147483647; return s % n }
    BEGIN { print "label\ttext"; for (k = 0; k < rows; k++) { y = r(6); t = "w" (7919 * (60 * y + r(60)) % 99991)
      for (i = 0; i < 5; i++) t = t " n" r(300); print "l" y "\t" t } }'
}
hard 19 400 >hard.tsv; hard 1019 300 >hard-dev.tsv
poor=("$unroll" train --train hard.tsv --dev hard-dev.tsv --hidden 8 --embedding 8 --epochs 3 --lr 1e-7 --metric accuracy)
cp -r both kept
"${poor[@]}" --out kept --overwrite >stdout 2>stderr || fail "a run without a good epoch ends with $?"
grep -q '^linear model alone, since none of 3 epochs was as good (all epochs done): dev accuracy ' stdout || fail "what was kept is not told: $(cat stdout stderr)"
"${poor[@]}" --out kept --overwrite --quiet --json >json
grep -q '"end":"all epochs done","epochs":3,"best_epoch":0,' json || fail "kept --json: $(cat json)"
grep -q '"best_epoch":null' kept/metrics.jsonl || fail "metrics.jsonl names an epoch"
"$unroll" train --train hard.tsv --dev hard-dev.tsv --cell none --metric accuracy --out alone --quiet --json >alone.json
[ "$(grep -o '"hash":"[^"]*' json)" = "$(grep -o '"hash":"[^"]*' alone.json)" ] || fail "what was kept is not the linear model"
grep -q 'none of 3' kept/report.html || fail "the page does not say that no epoch was as good"
"$unroll" inspect kept >inspect
! grep -q '^model ' inspect || fail "a network is left in the file"

# What is about the network says so, or refuses.
"$unroll" trace both --text "this film is good" | head -3 | grep -q 'the network alone' || fail "trace does not say what it shows"
"$unroll" gradcheck both --rows 1 2>&1 >/dev/null | grep -q 'n-grams' || fail "gradcheck does not say what it checks"
expect_status 2 'no recurrent network' "$unroll" trace linear --text good
expect_status 2 'no recurrent network' "$unroll" gradcheck linear
expect_status 2 '--no-ngrams' "$unroll" train --train data.tsv --out x --cell none --no-ngrams
expect_status 2 '--gradflow' "$unroll" train --train data.tsv --out x --cell none --gradflow
expect_status 0 '--hidden, --lr have no effect' "$unroll" train --train data.tsv --out x --cell none --hidden 4 --lr 0.1 --quiet

# An interrupt before the first epoch leaves the linear model.
"$unroll" train --train data.tsv --out early --hidden 512 --epochs 1000 --quiet >stdout 2>stderr &
pid=$!
for _ in $(seq 200); do [ -f early/model.safetensors ] && break; sleep 0.05; done
kill -INT $pid
wait $pid && fail "an interrupted run ended with 0"
"$unroll" test early data.tsv --quiet | grep -q '^accuracy 100.00 %' || fail "an interrupted run left no usable model"
