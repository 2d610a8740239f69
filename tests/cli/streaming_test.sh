# Texts that are not held in memory: the bits of a run that holds them, a cache for later runs, the limit on memory.
. "$(dirname "$0")/support.sh" "$@"

{ printf 'label\ttext\n'; reviews 600; } >data.tsv
{ printf 'label\ttext\n'; reviews 90 | tac; } >dev.tsv
train=("$unroll" train --epochs 2 --batch 16 --json)
net=(--hidden 4 --embedding 4)
hash_in() { sed -n 's/.*"hash":"\([0-9a-f]*\)".*/\1/p' "$1"; }
# same NAME FLAGS...: a run that holds the texts and one that streams them, on 1 to 3 threads, are the same.
same() {
  local name=$1 threads
  shift
  "${train[@]}" "$@" --out held --overwrite --quiet --threads 1 >held.json
  for threads in 1 2 3; do
    rm -rf unroll-cache
    "${train[@]}" "$@" --out streamed --overwrite --stream --threads $threads >streamed.json 2>notes
    [ "$(hash_in held.json)" = "$(hash_in streamed.json)" ] || fail "$name: another hash on $threads threads"
    grep -q '^stream  texts are not held' notes || fail "$name: nothing says that texts are streamed"
  done
  "${train[@]}" "$@" --out again --overwrite --stream --threads 2 >again.json 2>notes
  [ "$(hash_in held.json)" = "$(hash_in again.json)" ] || fail "$name: another hash from the cache"
  grep -q '^cache   .* of an earlier run' notes || fail "$name: the cache is not used: $(cat notes)"
}
same 'rows held back' --train data.tsv "${net[@]}"
same 'dev texts' --train data.tsv --dev dev.tsv --cell rnn "${net[@]}"
same 'no n-grams' --train data.tsv --no-ngrams --tokenizer char --max-tokens 9 "${net[@]}"
same 'no network' --train data.tsv --cell none
{ printf 'labels\ttext\tw\n'; awk 'BEGIN { for (k = 0; k < 300; k++)
  print (k % 3 ? "a" : "") (k % 6 == 1 ? "|b" : "") "\ttext " k % 7 " of " (k % 3 ? "aa" : "none") (k % 6 == 1 ? " bb" : "") "\t" 1 + k % 4 }'; } >sets.tsv
same 'sets of labels, weights' --train sets.tsv --label-col labels --label-separator '|' --weight-col w --class-weight balanced "${net[@]}"
printf 'good 1 0 0 0\nbad 0 1 0 0\nother 0 0 1 0\n' >vectors.txt
same 'vectors' --train data.tsv --vectors vectors.txt --keep-vectors 3 --hidden 4
"${train[@]}" --train dev.tsv --out begun --quiet "${net[@]}" >/dev/null
same 'a model to begin with' --train data.tsv --init begun
train+=("${net[@]}")

# Whatever the form of the file, its text is what counts.
"${train[@]}" --train data.tsv --out held --overwrite --quiet >held.json
gzip -k data.tsv
iconv -t UTF-16 data.tsv >utf16.tsv
tr '\n' '\r' <data.tsv >mac.tsv
{ printf '\xEF\xBB\xBF'; sed 's/$/\r/' data.tsv; } >windows.tsv
for file in data.tsv.gz utf16.tsv mac.tsv windows.tsv -; do
  "${train[@]}" --train $file --out form --overwrite --stream --quiet <data.tsv >form.json
  [ "$(hash_in held.json)" = "$(hash_in form.json)" ] || fail "another hash for the text as $file"
done
[ -z "$(find unroll-cache -type f ! -name '*.rows')" ] || fail "the cache holds $(ls unroll-cache)"

# One file for each text and all that changes its ids, and for nothing else.
rm -rf unroll-cache
stream() { "${train[@]}" --train data.tsv --stream --out streamed --overwrite "$@" >streamed.json 2>notes; }
files() { ls unroll-cache | wc -l; }
stream
stream --lr 0.02 --cell rnn --dropout 0.2 --no-ngrams
stream --lr 0.02 --early-stop 1
[ "$(files)" = 2 ] || fail "$(files) files of the cache: n-grams alone should make another one"
for flags in '--max-tokens 5' '--no-fold' '--stopwords en' '--min-count 3' '--max-vocabulary 9' '--seed 2' '--tokenizer char' '--dev dev.tsv' '--format tsv'; do
  before=$(files)
  stream $flags
  [ "$(files)" = $((before + 1)) ] || fail "$flags: the cache of other settings was taken"
done
printf 'pos\tone good row more\n' >>data.tsv
before=$(files)
stream
[ "$(files)" = $((before + 1)) ] || fail "the cache of another file was taken"

# A damaged file is made anew, with one warning.
hash=$(hash_in streamed.json)
rows=$(ls -t unroll-cache/*.rows | head -1)
for damage in 'truncate -s -1' 'truncate -s 20' "sed -i s/good/goof/"; do
  $damage "$rows"
  stream --quiet
  [ "$(hash_in streamed.json)" = "$hash" ] || fail "another hash after $damage"
  [ "$(grep -c 'the cache is made anew: ' notes)" = 1 ] || fail "no warning after $damage: $(cat notes)"
  stream --quiet
  [ ! -s notes ] || fail "the cache was not mended after $damage: $(cat notes)"
done

# A run that is killed goes on, from its cache.
{ printf 'label\ttext\n'; reviews 3000; } >data.tsv
long() { exec "$unroll" train --train data.tsv "${net[@]}" --batch 16 --epochs 12 --json --checkpoint-minutes 0.0003 "$@"; }
(long --out whole --quiet --threads 1) >whole.json
for try in 1 2 3 4; do
  (long --out killed --stream --threads $((try % 3 + 1))) >killed.json 2>notes & job=$!
  [ $try = 4 ] || { sleep 0.$((try * 3 + 1)); kill -9 $job 2>/dev/null || true; }
  wait $job 2>/dev/null || true
  [ ! -s killed.json ] || break
done
[ "$(hash_in whole.json)" = "$(hash_in killed.json)" ] || fail "another hash after kill -9"
(long --out killed --overwrite) >/dev/null 2>notes

# Blocks of rows, many of them; a tenth of the rows is more than are held back.
if ! sanitized; then
  awk 'BEGIN { print "label\ttext"; for (k = 0; k < 350000; k++) print (k % 2 ? "a" : "b") "\tw" k * 7919 % 1009 " " (k % 2 ? "x" : "y") k % 13 }' >many.tsv
  many=("$unroll" train --tokenizer space --batch 2048 --epochs 1 --cell gru --hidden 2 --embedding 4 --json)
  "${many[@]}" --train many.tsv --out held --overwrite --threads 2 >held.json 2>notes
  grep -Eq ' 32[0-9]{3} of them held back' notes || fail "not 32,768 rows are held back: $(cat notes)"
  "${many[@]}" --train many.tsv --out streamed --overwrite --stream --threads 1 >streamed.json 2>notes
  [ "$(hash_in held.json)" = "$(hash_in streamed.json)" ] || fail "many rows: another hash"

  # Texts that do not fit into the limit are streamed without being asked for, and the process stays within it.
  awk 'BEGIN { print "label\ttext"; for (k = 0; k < 400000; k++) { text = ""
    for (i = 0; i < 12; i++) text = text " word" (k * 7919 + i * i * 31) % 3001
    print (k % 2 ? "a" : "b") "\t" text } }' >large.tsv
  "${many[@]}" --train large.tsv --no-ngrams --out large --max-memory 80M >large.json 2>notes
  grep -q '^stream  ' notes || fail "a file of $(stat -c %s large.tsv) bytes is held within 80 MiB"
  peak=$(grep -o '"peak_memory":[0-9]*' large.json | grep -o '[0-9]*$')
  [ "$peak" -le $((80 << 20)) ] || fail "the process held $peak bytes within --max-memory 80M"
fi

# A plain file is read in blocks, a packed one is held: the answers are equal.
{ cat dev.tsv; printf 'other\tno such label\n'; } >test.tsv
gzip -k test.tsv
for command in 'test whole FILE --json' 'data vocab FILE --min-count 1' 'data check FILE --json'; do
  "$unroll" ${command/FILE/test.tsv} 2>plain.notes >plain
  "$unroll" ${command/FILE/test.tsv.gz} 2>packed.notes >packed
  diff plain <(sed 's/test.tsv.gz/test.tsv/g' packed) >&2 || fail "$command: another answer for a packed file"
  diff plain.notes <(sed 's/test.tsv.gz/test.tsv/g' packed.notes) >&2 || fail "$command: other notes for a packed file"
done
expect_status 3 'no label of this file' "$unroll" test whole <(printf 'label\ttext\nx\ty\n')
printf 'label\ttext\nx\ty\n' >strange.tsv
expect_status 3 'no label of this file is one of training' "$unroll" test whole strange.tsv

# The cache can be looked at, and cleared.
"$unroll" data cache unroll-cache >list
[ "$(grep -c '\.rows' list)" = "$(files)" ] || fail "data cache lists other files than there are: $(cat list)"
truncate -s -1 "$(ls unroll-cache/*.rows | head -1)"
"$unroll" data cache unroll-cache | grep -q 'damaged' || fail "data cache does not know a damaged file"
touch unroll-cache/mine
"$unroll" data cache unroll-cache --clear >list
[ "$(ls unroll-cache)" = mine ] || fail "data cache --clear left $(ls unroll-cache)"
expect_status 3 nowhere "$unroll" data cache nowhere
expect_status 2 '--gradflow' "${train[@]}" --train data.tsv --stream --gradflow --out flow
