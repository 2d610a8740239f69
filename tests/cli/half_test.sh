# --precision half: what it is here is said, and whatever UNROLL_HALF makes it, training and prediction agree with the
# precision that it names.
. "$(dirname "$0")/support.sh" "$@"

{ printf 'label\ttext\n'; reviews 120; } >data.tsv
{ printf 'label\ttext\n'; reviews 40; } >dev.tsv
train() { "$unroll" train --train data.tsv --dev dev.tsv --hidden 6 --embedding 6 --epochs 2 --cell gru "$@"; }

# What is trained with half is what is trained with the precision that half is: the same hash.
for half in fp32 bf16; do
  train --out as_$half --precision $half 2>notes | grep '^hash' >wanted
  UNROLL_HALF=$half train --out half_$half --precision half 2>notes | grep '^hash' >found
  grep -q "half precision here: $half" notes || fail "train: $(cat notes)"
  cmp -s wanted found || fail "trained with half, $half: $(cat found), not $(cat wanted)"
  "$unroll" inspect half_$half --json | grep -q "\"precision\":\"half: $half\"" || fail "inspect: what half was"
done
UNROLL_HALF=bf16 train --out told --precision half --json --quiet | grep -q '"precision":"bf16"' || fail "train --json"
for half in narrow fp16; do  # of prediction alone
  UNROLL_HALF=$half train --out half_$half --precision half --quiet | grep '^hash' >found
  "$unroll" inspect as_fp32 --json | grep -qF "$(awk '{print $2}' found)" || fail "trained with half, $half"
done

# test and predict say what they multiply, and predict alike.
"$unroll" test as_fp32 dev.tsv --json --quiet | grep -q '^{"version":1,"precision":"fp32",' || fail "test --json"
for half in fp32 bf16 narrow fp16; do
  export UNROLL_HALF=$half
  "$unroll" test as_fp32 dev.tsv --precision half --json 2>notes >json || fail "test, $half"
  grep -q "\"precision\":\"$half\"" json || fail "test --json: $(cat json)"
  grep -q "half precision here: $half" notes || fail "test: $(cat notes)"
  "$unroll" predict as_fp32 dev.tsv --precision half --prob --threads 1 >one 2>notes
  grep -q "half precision here: $half" notes || fail "predict: $(cat notes)"
  "$unroll" predict as_fp32 dev.tsv --precision half --prob --threads 3 --word-table --quiet >three
  cmp -s one three || fail "another number of threads, and a word table, predict otherwise: $half"
  "$unroll" doctor --json | grep -q "\"half_precision\":\"training [a-z0-9]*, prediction $half\"" || fail "doctor, $half"
  unset UNROLL_HALF
done
"$unroll" predict as_fp32 dev.tsv --precision half >labels 2>notes || fail "predict"
"$unroll" predict as_fp32 dev.tsv >wanted
[ "$(paste labels wanted | awk -F'\t' '$1 != $2' | wc -l)" -le 1 ] || fail "half predicts other labels"
UNROLL_HALF=int8 expect_status 2 'UNROLL_HALF' "$unroll" test as_fp32 dev.tsv --precision half
expect_status 2 '{fp32,bf16,half}' "$unroll" test as_fp32 dev.tsv --precision fp16

# Weights that float16 is too small for: fp32, and a warning that names the matrix, with --quiet, too.
{ printf '5 6\n'; for word in this film is good bad; do printf '%s 60000 0 0 0 0 1\n' $word; done; } >vectors.txt
"$unroll" train --train data.tsv --dev dev.tsv --out large --hidden 6 --vectors vectors.txt --freeze-embedding --epochs 1 \
  --unidirectional --quiet >/dev/null || fail "train of large vectors"
UNROLL_HALF=fp16 "$unroll" test large dev.tsv --precision half --json --quiet >json 2>notes || fail "test of large weights"
grep -q 'lstm.0.forward.U may pass 65504, the largest float16: its layer is computed in fp32' notes || fail "$(cat notes)"
grep -q '"precision":"fp32"' json || fail "test --json: $(cat json)"
"$unroll" test large dev.tsv --json --quiet | cmp -s - json || fail "what fell back to fp32 differs from fp32"

# A run that was begun with another half is not gone on with.
UNROLL_HALF=bf16 train --out run --precision half --until-step 2 --checkpoint-minutes 1 --quiet >/dev/null 2>&1
UNROLL_HALF=fp32 train --out run --precision half --checkpoint-minutes 1 --quiet >/dev/null 2>notes &&
  fail "another half went on with a run"
grep -q 'precision bf16 then, fp32 now' notes || fail "why: $(cat notes)"
exit 0
