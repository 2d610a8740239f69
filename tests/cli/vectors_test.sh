# Word vectors in all their forms, from outside. bash vectors_test.sh PROGRAM
. "$(dirname "$0")/support.sh" "$@"

{ printf 'label\ttext\n'; reviews 120; } >data.tsv
train() { "$unroll" train --train data.tsv --no-ngrams --hidden 8 --epochs 4 --lr 0.02 --seed 1 --overwrite --out run "$@"; }
says() { grep -qF -- "$1" stderr || { cat stderr >&2; fail "stderr lacks \"$1\""; }; }

# Good words lie on one side and bad words on the other; two of each no training text has.
{ for word in good great lovely fine splendid superb charming; do echo "$word 1 0.5 0 0.25"; done
  for word in bad awful poor dull dreadful ghastly vile; do echo "$word -1 0.5 0 0.25"; done; } >words.txt
printf 'superb\nghastly\ncharming\nvile\n' >unseen.txt
train --vectors words.txt --keep-vectors 1000 --freeze-embedding >/dev/null 2>stderr
says '10 of 18 words have a vector in the file'
says '4 more words of the file are kept'
[ "$("$unroll" predict run unseen.txt | tr '\n' ' ')" = 'pos neg pos neg ' ] || fail "unseen words of the file: $("$unroll" predict run unseen.txt)"
[ "$(echo good | "$unroll" predict run - --prob)" = "$(echo superb | "$unroll" predict run - --prob)" ] || fail "equal vectors, other answers"
"$unroll" inspect run --json | grep -q '"superb",0' || fail "a kept word is not in the vocabulary"
train --vectors words.txt --freeze-embedding --quiet >/dev/null
[ "$("$unroll" predict run unseen.txt --prob | sort -u | wc -l)" = 1 ] || fail "words that are not kept are not unknown"
"$unroll" inspect run --json >few.json

# The same words in another form give the same model.
hash_of() { train "$@" --quiet --json | sed 's/.*"hash":"\([^"]*\)".*/\1/'; }
expected=$(hash_of --vectors words.txt)
{ echo '14 4'; cat words.txt; } >words.vec
awk 'NR == 3 { print "\t 1 2 3 4" } NR == 9 { print "\302\240 1 2 3 4" } { print }' words.vec >odd.vec
gzip -c words.vec >words.vec.gz
{ printf '14 4\n'
  while read -r word first _; do
    printf '%s ' "$word"
    if [ "$first" = 1 ]; then printf '\000\000\200\077'; else printf '\000\000\200\277'; fi
    printf '\000\000\000\077\000\000\000\000\000\000\200\076\n'
  done <words.txt; } >words.bin
for file in words.vec odd.vec words.vec.gz words.bin; do
  [ "$(hash_of --vectors $file)" = "$expected" ] || fail "$file gives another model"
done
[ "$(hash_of --vectors <(cat words.bin))" = "$expected" ] || fail "a pipe gives another model"
[ "$(hash_of --vectors - <words.vec.gz)" = "$expected" ] || fail "standard input gives another model"
[ "$(hash_of --vectors words.txt --embedding 4)" = "$expected" ] || fail "--embedding that agrees"
train --vectors odd.vec >/dev/null 2>stderr
says "2 of the file's 16 vectors have no word, or one that is not UTF-8, and were skipped"

# A file that is not about these texts, or not of this length.
echo 'хорошо 1 2 3 4' >russian.txt
expect_status 3 'none of the 18 words of the training texts has a vector' train --vectors russian.txt --freeze-embedding
grep -q -- '--freeze-embedding)$' stderr || fail "no flag named"
expect_status 0 'warning: 0 of 18 words have a vector in the file' train --vectors russian.txt --quiet
expect_status 2 '--embedding 5 disagrees with words.txt' "$unroll" train --train missing.tsv --out new --vectors words.txt --embedding 5
[ ! -e new ] || fail "a refused training left a folder"
expect_status 2 '--embedding 5 disagrees with /dev/fd/' train --vectors <(cat words.txt) --embedding 5
expect_status 2 '--vectors' train --keep-vectors 5

# One row in many that can't be read is a warning with its place; more are an error.
{ cat words.txt; for k in $(seq 300); do echo "other$k 0 0 0 0"; done; echo 'cut 1 2'; } >long.txt
expect_status 0 "1 of the file's 315 vectors can't be read and were skipped; long.txt:315: row has 2 values, expected 4" train --vectors long.txt --quiet
{ head -3 words.txt; echo 'cut 1 2'; } >short.txt
expect_status 3 'short.txt:4: row has 2 values, expected 4' train --vectors short.txt
head -c 150 words.bin >cut.bin
expect_status 3 'cut.bin: row ' train --vectors cut.bin
printf 'PK\003\004' >words.zip
expect_status 3 'a zip archive' train --vectors words.zip

# --max-memory counts the words that are kept.
for k in $(seq 20000); do echo "word$k 0.1 0.2 0.3 0.4"; done >many.txt
cat words.txt many.txt >more.txt
reading() { "$unroll" inspect run --memory --json | sed 's/.*"process_bytes":\([0-9]*\).*/\1/'; }
train --vectors more.txt --quiet >/dev/null; few=$(reading)
train --vectors more.txt --keep-vectors 30000 --quiet >/dev/null; many=$(reading)
[ $((many - few)) -gt $((20000 * 300)) ] || fail "20000 kept words are not in the plan: $few, $many"
