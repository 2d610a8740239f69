# bash same_model_test.sh PROGRAM RESEAL: equal models have equal hashes; the same text gives the same answer, whatever
# was asked before; a model that another ICU trained says so.
reseal=$(realpath "$2")
. "$(dirname "$0")/support.sh" "$@"

# The hash is that of weights and pipeline, whatever the data was called, however many threads there were.
hash_of() { "$unroll" inspect "$1" | awk '$1 == "hash" { print $2 }'; }
{ printf 'label\ttext\n'; reviews 60; } >a.tsv
cp a.tsv b.tsv
train=("$unroll" train --hidden 4 --embedding 4 --epochs 1 --quiet)
"${train[@]}" --train a.tsv --out a --threads 1 >a.out
"${train[@]}" --train b.tsv --out b --threads 2 >/dev/null
"${train[@]}" --train - --out c --json <a.tsv >c.json
"${train[@]}" --train a.tsv --out d --seed 2 >/dev/null
hash=$(hash_of a)
[[ $hash =~ ^[0-9a-f]{32}$ ]] || fail "inspect prints no hash: $hash"
[ "$(hash_of b)" = "$hash" ] || fail "another hash for another file name and number of threads"
[ "$(hash_of c)" = "$hash" ] || fail "another hash for texts from stdin"
for threads in 2 3 4; do
  "${train[@]}" --train a.tsv --out "t$threads" --threads $threads >/dev/null
  [ "$(hash_of "t$threads")" = "$hash" ] || fail "another hash on $threads threads"
done
[ "$(hash_of d)" != "$hash" ] || fail "the same hash for another seed"
cmp -s a/model.safetensors b/model.safetensors && fail "the notes name no file: this test shows nothing"
grep -q "^hash  $hash$" a.out || fail "train prints another hash than inspect"
grep -q "\"hash\":\"$hash\"" c.json || fail "train --json prints another hash than inspect"
"$unroll" inspect a --json | grep -q "\"hash\":\"$hash\"" || fail "inspect --json prints another hash"

# One text, three times, alone, and after kana: one answer.
{ printf 'label\ttext\n'; for i in $(seq 40); do printf 'a\tョン です %s\nb\tージ です %s\n' "$i" "$i"; done; } >kana.tsv
"${train[@]}" --train kana.tsv --out kana --tokenizer icu >/dev/null
"$unroll" predict kana --prob < <(printf 'ージョン\nージョン\nたっ\nージョン\n') | sed 3d >answers
"$unroll" predict kana --prob < <(printf 'ージョン\n') >>answers
[ "$(sort -u answers | wc -l)" = 1 ] || fail "one text, several answers: $(cat answers)"

# Training begins with the word on every thread: one vocabulary.
{ printf 'label\ttext\n'; for i in $(seq 100); do printf 'a\tージョン\nb\tージョン コン\n'; done; } >thread.tsv
for threads in 1 2 3; do
  "${train[@]}" --train thread.tsv --dev thread.tsv --tokenizer icu --out "on$threads" --threads $threads >/dev/null
  [ "$(hash_of on$threads)" = "$(hash_of on1)" ] || fail "another model on $threads threads"
done

# Every command that gives the model texts says once that another ICU cut those of training.
version=$("$unroll" doctor | awk '$1 == "icu" { print $2 }')
"$unroll" inspect kana | grep -q "^icu  *$version$" || fail "the model does not say which ICU trained it"
for tokenizer in char space; do "${train[@]}" --train kana.tsv --out $tokenizer --tokenizer $tokenizer >/dev/null; done
for model in kana char space; do
  "$reseal" $model/model.safetensors "icu\\\":\\\"${version%%.*}." "icu\\\":\\\"60."
done
printf 'ョン\n' >texts
warnings() { "$@" 2>&1 >/dev/null | grep -cF "trained with ICU 60, this is ${version%%.*}: words of Chinese, Japanese, Thai … may be cut otherwise" || true; }
commands=("predict MODEL texts" "test MODEL kana.tsv --quiet" "trace MODEL --text ョン" "gradcheck MODEL --rows 1 --quiet"
  "bench predict MODEL --texts texts --seconds 0.05 --quiet")
for command in "${commands[@]}"; do
  for model in kana char space; do
    count=$(warnings "$unroll" ${command/MODEL/$model})
    [ "$count" = "$([ $model = kana ] && echo 1 || echo 0)" ] || fail "$count warnings: ${command/MODEL/$model}"
  done
done

# Later rules of the tokenizer are refused, with what to do.
"$reseal" char/model.safetensors '\"rules\":3' '\"rules\":9'
expect_status 5 'char/model.safetensors: text encoder: its texts were tokenized by rules 9' "$unroll" predict char texts
