# How texts become tokens: the tokenizer that is chosen, jieba and subwords inside the model, folding by language, what is
# said of texts that the model does not know or that it cuts.
. "$(dirname "$0")/support.sh" "$@"
tiny=(--hidden 8 --embedding 8 --epochs 1 --seed 1)
learns=(--hidden 16 --embedding 16 --seed 1 --quiet)

# rows FILE: labelled rows from stdin, with a header.
rows() { { printf 'label\ttext\n'; cat; } >"$1"; }
kind() { "$unroll" inspect "$1" --json | grep -o '"kind":"[a-z]*"'; }
# answers MODEL TEXT...: one answer for each text.
answers() { local model=$1; shift; printf '%s\n' "$@" | "$unroll" predict "$model" --prob; }
same() { [ "$(sort -u | wc -l)" = 1 ]; }

# One word a row that is never met again: its characters tell the class.
awk 'BEGIN { srand(3); split("b d g k l m n p r s t v", c); split("a e i o u", v)
  for (k = 0; k < 400; k++) {
    w = ""; for (n = 2 + int(rand() * 3); n > 0; n--) w = w c[1 + int(rand() * 12)] v[1 + int(rand() * 5)]
    print (k % 2 ? "north\t" w "ko" : "south\t" w "sa") k % 2 } }' | sort -u | sed 's/[01]$//' | rows names.tsv
"$unroll" train --train names.tsv --out names --hidden 16 --embedding 16 --seed 1 2>notes >/dev/null
grep -q 'as words, .* tokens would be unknown: so characters are tokens' notes || fail "names: $(cat notes)"
[ "$(kind names)" = '"kind":"char"' ] || fail "names: $(kind names)"
answers names zzzzko | grep -q '^north' || fail "an unknown name"
"$unroll" train --train names.tsv --out icu --tokenizer icu "${tiny[@]}" --quiet 2>notes >/dev/null
grep -q 'warning: .* tokens are unknown' notes || fail "names as words: $(cat notes)"

# Words that somebody has cut stay whole.
for k in $(seq 60); do
  printf '好\t这 车 性价比 高 发动机 安静 超赞 %s\n差\t那 车 发动机 很 吵 朋友圈 差评 %s\n' "$k" "$k"
done | rows cut.tsv
"$unroll" train --train cut.tsv --out cut "${tiny[@]}" 2>notes >/dev/null
grep -q 'have spaces between them already' notes || fail "cut: $(cat notes)"
[ "$(kind cut)" = '"kind":"space"' ] || fail "cut: $(kind cut)"

# Unknown words with ー become their characters.
awk 'BEGIN { srand(4); n = split("カ キ ク ケ サ シ ス セ タ チ ツ テ ナ ニ ヌ ネ ハ ヒ フ ヘ", r)
  for (k = 0; k < 400; k++) {
    a = r[1 + int(rand() * n)]; b = r[1 + int(rand() * n)]; c = k % 2 ? "コ" : "メ"; y = k % 2 ? "x" : "y"
    m = int(rand() * 3); print y "\t" (m == 0 ? c a b : m == 1 ? a c b : a b c) } }' | rows kana.tsv
"$unroll" train --train kana.tsv --out kana --tokenizer icu "${learns[@]}" >/dev/null
[ "$(answers kana コーヒー メーカー | cut -f1 | tr '\n' ' ')" = "x y " ] || fail "ー: $(answers kana コーヒー メーカー)"
answers kana ージョン ージョン ージョン | same || fail "the same word, another answer"

# Case in Turkish, decorations in Arabic.
for k in $(seq 60); do printf 'iyi\tbu film iyi %s\nkötü\tbu film kızgın %s\n' "$k" "$k"; done | rows tr.tsv
"$unroll" train --train tr.tsv --language tr --out tr "${learns[@]}" >/dev/null
answers tr iyi İYİ İyi | same || fail "İYİ"
answers tr kızgın KIZGIN | same || fail "KIZGIN"
if answers tr kızgın zzz | same; then fail "kızgın is unknown"; fi
for k in $(seq 60); do printf 'a\tهذا جميل %s\nb\tهذا قبيح %s\n' "$k" "$k"; done | rows ar.tsv
"$unroll" train --train ar.tsv --out ar "${learns[@]}" >/dev/null
answers ar جميل جميـــل | same || fail "tatweel"
"$unroll" train --train ar.tsv --language ar --out ar "${learns[@]}" --overwrite >/dev/null
answers ar جميل جميـــل جَمِيل | same || fail "vowel marks"
expect_status 2 'leave one of them out' "$unroll" train --train ar.tsv --language ar --no-fold --out none

# jieba: a dictionary of a few words, next to tables of a hidden Markov model; the model needs neither afterwards.
mkdir -p jieba/finalseg
printf '研究 100 v\n生命 90 n\n起源 40 n\n酒店 60 n\n' >jieba/dict.txt
echo "P={'B': -0.25, 'S': -1.5}" >jieba/finalseg/prob_start.py
echo "P={'B': {'E': -0.5, 'M': -0.9}, 'E': {'B': -0.6, 'S': -0.8}, 'M': {'E': -0.3, 'M': -1.3}, 'S': {'B': -0.7, 'S': -0.7}}" \
  >jieba/finalseg/prob_trans.py
echo "P={'B': {'\\u738b': -2.5}, 'M': {'\\u5c0f': -3.0}, 'E': {'\\u660e': -2.0}, 'S': {'\\u5f88': -2.0}}" >jieba/finalseg/prob_emit.py
printf '很好用 9\n' >mine.txt
for k in $(seq 40); do printf 'a\t研究生命起源王小明 %s\nb\t酒店很好用 %s\n' "$k" "$k"; done | rows zh.tsv
"$unroll" train --train zh.tsv --tokenizer jieba --dictionary jieba --user-dictionary mine.txt --out zh "${learns[@]}" >/dev/null
for word in 研究 生命 起源 王小明 酒店 很好用; do
  "$unroll" inspect zh --json | grep -qF "[\"$word\"," || fail "jieba has not cut $word"
done
rm -r jieba mine.txt
answers zh 王小明的研究 | grep -q '^a' || fail "a model with jieba's words"
expect_status 3 'no-such-file' "$unroll" train --train zh.tsv --tokenizer jieba --dictionary no-such-file --out none
expect_status 2 "is jieba's" "$unroll" train --train zh.tsv --dictionary dict.txt --out none

# Subwords: trained into the model where the library is, the same again for the same seed.
if "$unroll" doctor | grep -q '^sentencepiece *trains'; then
  "$unroll" train --train names.tsv --tokenizer subword --subwords 120 --out sub "${learns[@]}" >/dev/null
  answers sub zzzzko | grep -q '^north' || fail "an unknown name in subwords"
  "$unroll" train --train names.tsv --tokenizer subword --subwords 120 --out again "${learns[@]}" --threads 2 >/dev/null
  [ "$("$unroll" inspect sub | grep '^hash')" = "$("$unroll" inspect again | grep '^hash')" ] ||
    fail "subwords differ from run to run"
else
  expect_status 2 'libsentencepiece-dev' "$unroll" train --train names.tsv --tokenizer subword --out sub "${tiny[@]}"
fi

# What the model does not know, and what it cuts.
printf 'zzz qqq\n\nbu film iyi\n' | "$unroll" predict tr --json >known
[ "$(grep -o '"tokens":.*' known | tr '\n' ' ')" = '"tokens":2,"known_tokens":0,"cut":false} "tokens":0,"known_tokens":0,"cut":false} "tokens":3,"known_tokens":3,"cut":false} ' ] ||
  fail "known tokens: $(cat known)"
printf 'bu film iyi\n\n   \niyi' | "$unroll" predict tr --prob >lf
printf 'bu film iyi\r\n\r\n   \r\niyi\r\n' | "$unroll" predict tr --prob | cmp - lf || fail "line ends change answers"
[ "$(wc -l <lf)" = 4 ] || fail "empty lines have no answer"
"$unroll" train --train tr.tsv --max-tokens 3 --out short "${tiny[@]}" --quiet >/dev/null
"$unroll" test short tr.tsv >/dev/null 2>notes
grep -q '120 texts are longer than the 3 tokens that the network reads' notes || fail "test does not say what it cuts: $(cat notes)"
"$unroll" test short tr.tsv --json --quiet | grep -q '"cut_texts":120,"unknown_texts":0,"tokens":360,"known_tokens":360' ||
  fail "test --json: $("$unroll" test short tr.tsv --json --quiet)"
printf 'a bu film iyi\n' | "$unroll" predict short --json | grep -q '"cut":true' || fail "predict --json does not say what it cuts"
