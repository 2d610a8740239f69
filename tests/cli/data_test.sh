# The commands of `unroll data`. bash data_test.sh PROGRAM
. "$(dirname "$0")/support.sh" "$@"

says() { grep -qF -- "$1" "$2" || { cat "$2" >&2; fail "$2 lacks \"$1\""; }; }

# check: what is known of two files, in a pipe and as JSON
{ printf 'label\ttext\n'; reviews 60; printf 'pos\tthis film is great number 1\nneg\tA FILM of <br> its own\nPos\tA film of  <br> its own!\n'; } >train.tsv
{ printf 'label\ttext\n'; reviews 5; printf 'pos\tthis film is great number 1 !\nneutral\tcafÃ©\n'; } >test.tsv
"$unroll" data check train.tsv test.tsv >report 2>notes
says 'format      tsv; columns "label", "text"' report
says 'rows        63' report
says 'repeats     1 exact, 1 alike but for case and marks' report
says '"Pos" (line 64) looks like "pos"' report
says 'overlap     6 of 7 texts: 5 exact, 1 alike' report
says '2 rows with HTML tags (<br>), first at line 63' report
says 'letters read in a wrong encoding' report
says '1 label that the first file lacks: "neutral" at line 8' report
"$unroll" data check train.tsv >narrow 2>/dev/null
[ "$(wc -L <narrow)" -le 80 ] || fail "lines of $(wc -L <narrow) columns"
"$unroll" data check train.tsv test.tsv --json --threads 2 >two.json 2>/dev/null
"$unroll" data check train.tsv test.tsv --json --threads 1 2>/dev/null | cmp - two.json || fail "threads change a report"
"$unroll" data check - <train.tsv >report 2>/dev/null; says '<stdin>' report
expect_status 3 'missing.tsv' "$unroll" data check train.tsv missing.tsv

# convert: the records of any format
printf 'id,label,text\n1,pos,"good, ""really"""\n2,neg,"two\nlines"\n' >rows.csv
"$unroll" data convert rows.csv >rows.tsv 2>notes
printf 'label\ttext\npos\tgood, "really"\nneg\ttwo lines\n' | cmp - rows.tsv || fail "convert: $(cat rows.tsv)"
says 'tabs or line breaks of 1 text became spaces' notes
"$unroll" data convert rows.csv --out again.tsv --quiet; cmp rows.tsv again.tsv
expect_status 2 'again.tsv exists already' "$unroll" data convert rows.csv --out again.tsv
"$unroll" data convert rows.csv --out again.tsv --overwrite --quiet; cmp rows.tsv again.tsv
expect_status 2 'again.tsv is read and would be replaced' "$unroll" data convert again.tsv --out again.tsv --overwrite
"$unroll" data convert rows.tsv --quiet | cmp - rows.tsv || fail "convert of what convert wrote"
expect_status 7 'nowhere' "$unroll" data convert rows.csv --out nowhere/rows.tsv

# vocab: the vocabulary that training makes
"$unroll" data vocab train.tsv --min-count 3 >words 2>/dev/null
"$unroll" train --train train.tsv --dev train.tsv --min-count 3 --out run "${small[@]}" >/dev/null
"$unroll" inspect run --json | sed 's/.*"vocabulary":\[\[//; s/\]\].*//; s/\],\[/\n/g' | sed 's/^"\(.*\)",\([0-9]*\)$/\2\t\1/' >known
cmp words known || { diff words known >&2; fail "vocab and train count differently"; }

# tokenize: what a text is cut into, and what a model reads of it
[ "$(echo 'The film, unheard-of!' | "$unroll" data tokenize -)" = 'the film , unheard - of !' ] || fail "tokenize"
[ "$(echo 'The film' | "$unroll" data tokenize - --no-fold --tokenizer char)" = 'T h e f i l m' ] || fail "tokenize --tokenizer char"
[ "$(echo 'this FILM unheard' | "$unroll" data tokenize - --model run)" = 'this film <unk>' ] || fail "tokenize --model"
expect_status 2 '--tokenizer' "$unroll" data tokenize - --model run --tokenizer char
printf 'Caf\xe9\nday\n' >latin1
expect_status 3 '--encoding windows-1252' "$unroll" data tokenize latin1
[ "$("$unroll" data tokenize latin1 --encoding windows-1252)" = "$(printf 'café\nday')" ] || fail 'tokenize --encoding'
[ "$("$unroll" data tokenize latin1 --bad-rows skip 2>/dev/null)" = "$(printf '\nday')" ] || fail 'tokenize --bad-rows skip'
printf 'label,text\na,"x, y"\n' >table.csv
[ "$("$unroll" data tokenize table.csv --text-col text)" = 'x , y' ] || fail 'tokenize --text-col'
expect_status 2 '--tokenizer subword' "$unroll" data tokenize latin1 --subwords 30

# split: all three files or none, and never an empty one
expect_status 3 'dev.tsv would have no rows' "$unroll" data split <(printf 'label\ttext\na\tx\nb\ty\n') --out two
[ ! -e two ] || fail "a refused split left: $(ls two)"
"$unroll" data split train.tsv --out parts >/dev/null
sums() { cat parts/*.tsv | cksum; }
before=$(sums)
expect_status 3 'would have no rows' "$unroll" data split <(printf 'label\ttext\na\tx\nb\ty\n') --out parts --overwrite
[ "$(sums)" = "$before" ] || fail "a refused split changed files"
( ulimit -f 1; { cat train.tsv; reviews 3000; } >/dev/null; "$unroll" data split <(printf 'label\ttext\n'; reviews 3000) --out parts --overwrite >/dev/null 2>stderr ) && fail "a file over its limit"
[ "$(sums)" = "$before" ] || fail "a split that failed changed files"
[ "$(ls parts | tr '\n' ' ')" = 'dev.tsv test.tsv train.tsv ' ] || fail "left behind: $(ls parts)"

# split --group-col: an author is in one part
awk 'BEGIN { print "author,label,text"; for (k = 0; k < 300; k++) print "writer" k % 30 "," (k % 2 ? "pos" : "neg") ",text number " k }' >authors.csv
"$unroll" data split authors.csv --out authors --group-col author --parts 60/20/20 >/dev/null
for part in train dev test; do
  [ "$(wc -l <authors/$part.tsv)" -gt 20 ] || fail "$part.tsv: $(wc -l <authors/$part.tsv) lines"
  sed 1d authors/$part.tsv | awk '{ print "writer" $NF % 30 }' | sort -u | sed "s/$/ $part/"
done | sort | awk '{ parts[$1] = parts[$1] " " $2; n[$1]++ } END { for (w in n) if (n[w] > 1) { print w parts[w]; bad = 1 } exit bad }' >&2 || fail "an author is in two parts"
mkdir -p its_own; cp authors.csv its_own/train.tsv
expect_status 2 'is read and would be replaced' "$unroll" data split its_own/train.tsv --out its_own --overwrite --group-col author
{ echo label,author,text; for k in $(seq 30); do echo "$((k % 2)),writer $((k % 3)),text $k"; done; } >three.csv
expect_status 0 'groups are whole: the parts have 33, 33 and 33 % of the rows instead of 80, 10 and 10 %' "$unroll" data split three.csv --out three --group-col author
expect_status 0 "three.csv has 3 columns (label, author, text); the parts have the label's and the text's" "$unroll" data split three.csv --out three2
expect_status 3 'auther' "$unroll" data split authors.csv --out authors2 --group-col auther
