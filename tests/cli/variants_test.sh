# Every cell, activation, pool, optimizer, tokenizer and schedule trains, is saved, loaded and used.
. "$(dirname "$0")/support.sh" "$@"

{ printf 'label\ttext\n'; reviews 120; } >data.tsv
{ printf 'label\ttext\n'; reviews 40; } >dev.tsv
printf '5 5\nthis 1 0 0 0 0\nfilm 0 1 0 0 0\ngood 1 1 0 0 0\nbad -1 -1 0 0 0\nawful -1 0.5 0 0 0\n' >vectors.txt
printf 'is\nnumber\n' >stop.txt

try() {
  rm -rf run
  "$unroll" train --train data.tsv --dev dev.tsv --out run --hidden 6 --embedding 5 --epochs 2 --quiet "$@" >/dev/null || fail "train $*"
  "$unroll" test run dev.tsv --json | grep -q '"accuracy":' || fail "test $*"
}
for activation in tanh sigmoid relu; do try --cell rnn --activation $activation; done
try --cell rnn --activation relu --recurrent-init identity --unidirectional
for reset in after before; do try --cell gru --gru-reset $reset; done
"$unroll" inspect run --json | grep -q '"gru_reset":"before"' || fail 'the model does not tell its reset'
try --cell gru --layers 2 --precision bf16
try --layers 2 --pool last
try --pool mean --unidirectional --optimizer sgd --lr 0.1 --momentum 0.9 --nesterov --schedule step
try --optimizer lazy-adam --clip-norm 1 --clip-value 0.1
try --optimizer adamw --weight-decay 0.01 --schedule cosine --warmup 3 --recurrent-init uniform
try --tokenizer char --stopwords en --schedule linear --recurrent-init glorot --clip-value 0.1 --clip-norm 0
try --tokenizer space --no-fold --stopwords stop.txt --min-count 2 --max-vocabulary 10 --max-tokens 3
try --vectors vectors.txt --freeze-embedding --dropout 0 --early-stop 1 --batch 7
for isa in scalar sse2; do UNROLL_ISA=$isa try --batch 16; done
try --precision bf16
"$unroll" test run dev.tsv --precision bf16 --json | grep -q '"accuracy":' || fail "test --precision"
[ "$(cut -f2 dev.tsv | "$unroll" predict run --precision bf16 - | wc -l)" = "$(wc -l <dev.tsv)" ] || fail "predict --precision"
"$unroll" inspect run --memory --json | grep -q '"precision":"bf16"' || fail "inspect --memory of bf16"

# The same seed gives the same model, bit by bit; another seed another one.
train() { "$unroll" train --train data.tsv --out "$1" --hidden 6 --embedding 5 --epochs 2 --quiet --threads 2 --seed "$2" >/dev/null; }
train one 3; train two 3; train three 4
cmp one/model.safetensors two/model.safetensors || fail "the same seed gave another model"
if cmp -s one/model.safetensors three/model.safetensors; then fail "another seed gave the same model"; fi

# A split: all rows once, stratified, repeats together.
{ cat data.tsv; reviews 30; } >repeats.tsv
"$unroll" data split repeats.tsv --out parts --seed 5 >/dev/null
[ "$(cat parts/*.tsv | grep -vc '^label')" = 150 ] || fail "split: rows are missing"
for pair in "train dev" "train test" "dev test"; do
  set -- $pair
  [ -z "$(comm -12 <(sort -u parts/$1.tsv | grep -v '^label') <(sort -u parts/$2.tsv | grep -v '^label'))" ] || fail "split: $pair share a text"
done
"$unroll" data split repeats.tsv --out unique --unique --quiet >/dev/null
[ "$(cat unique/*.tsv | grep -vc '^label')" = 120 ] || fail "split --unique"
