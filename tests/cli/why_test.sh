# bash why_test.sh PROGRAM: why a text got its label, for every kind of model, in numbers and in colours.
. "$(dirname "$0")/support.sh" "$@"
export OMP_NUM_THREADS=1
{ printf 'label\ttext\n'; reviews 200; } >data.tsv
"$unroll" train --train data.tsv --out fused "${small[@]}" >/dev/null
"$unroll" train --train data.tsv --out network --no-ngrams --stopwords en --cell gru --pool mean "${small[@]}" >/dev/null
"$unroll" train --train data.tsv --out linear --cell none --quiet >/dev/null

# The parts add up to the score, which is the logarithm of the ratio of predict's probabilities.
cat >check.awk <<'EOF'
{ gsub(/[{}"]/, ""); n = split($0, part, /[,\[\]]+/); sum = 0
  for (k = 1; k <= n; k++) {
    split(part[k], pair, ":")
    if (pair[1] == "token") in_tokens = 1
    if (part[k] ~ /^ngrams:$/) in_tokens = 0
    if (pair[1] == "sum" && in_tokens) sum += pair[2]
    if (pair[1] == "network_base" || pair[1] == "ngram_base" || pair[1] == "rest") sum += pair[2]
    if (pair[1] == "rest") rest = pair[2]
    if (pair[1] == "score") score = pair[2]
    if (pair[1] == "probability") p = pair[2]
  }
  if ((sum - score) ^ 2 > 1e-18) { print "parts " sum ", score " score; bad = 1 }
  if ((log(p / (1 - p)) - score) ^ 2 > 1e-6) { print "probability " p ", score " score; bad = 1 }
  if (rest ^ 2 > 1e-4) { print "rest " rest; bad = 1 }
}
END { exit bad }
EOF
for model in fused network linear; do
  reviews 6 | cut -f2 | "$unroll" why $model --json >json
  [ "$(wc -l <json)" = 6 ] || fail "$model: not an object for each line"
  grep -q '^{"version":1,"text":"' json || fail "$model: no version"
  awk -f check.awk json >&2 || fail "$model: the parts do not add up"
  # What tells is the word of praise.
  "$unroll" why $model 'this film is great number 1' >numbers
  awk '$NF == "token" { on = 1; next } NF == 0 { on = 0 } on && $1 > most { most = $1; word = $NF } END { exit word != "great" }' numbers ||
    { cat numbers >&2; fail "$model: great is not what tells"; }
done

# The text's own letters, in a pipe without colours, whatever stop words and folding make of them.
"$unroll" why network 'THIS Film is GREAT' >numbers
grep -q '  GREAT$' numbers || fail "no letters of the text"
grep -q '  THIS' numbers && fail "a stop word has numbers"
grep -q "$(printf '\033')" numbers && fail "colours in a pipe"

# A long text, which takes time in proportion to its length.
for k in $(seq 5000); do printf 'this film is great '; done >long
"$unroll" why fused --json <long >json
grep -o '"occlusion":' json | wc -l | grep -qx 20000 || fail "not every word of a long text has its numbers"

# Other labels, and those that there are not.
"$unroll" why fused 'great film' --label neg | head -1 | grep -q '^neg .* against pos: score -' || fail "--label neg"
expect_status 2 'has no label "best"' "$unroll" why fused great --label best
expect_status 2 'against itself' "$unroll" why fused great --label neg --against neg
expect_status 3 'not valid UTF-8' "$unroll" why fused "$(printf '\377')"
"$unroll" why fused '' | grep -q 'score' || fail "an empty text has no score"

# On a terminal: colours, unless NO_COLOR is set; no line wider than the window, Chinese of two columns included.
if command -v script >/dev/null; then
  on_terminal() { script -qec "stty cols $1; $2 '$unroll' why fused '$3'" /dev/null </dev/null | tr -d '\r'; }
  text='Great film, 非常精彩的一部电影，强烈推荐给大家 but the very long end was less than great number 12'
  TERM=xterm on_terminal 40 '' "$text" >colors
  grep -q "$(printf '\033')\[38;5;16;48;5;[0-9]*mGreat" colors || fail "no colours on a terminal"
  TERM=xterm on_terminal 40 NO_COLOR=1 "$text" | grep -q "$(printf '\033')" && fail "colours with NO_COLOR"
  widest=$(sed "s/$(printf '\033')\[[0-9;]*m//g" colors | LC_ALL=C.UTF-8 wc -L)
  [ "$widest" -le 40 ] || { cat colors >&2; fail "a line of $widest columns in a window of 40"; }
fi
