# bash several_labels_test.sh PROGRAM: texts with any number of labels, from each kind of file to each kind of answer.
. "$(dirname "$0")/support.sh" "$@"
export OMP_NUM_THREADS=1

# sets ROWS: text TAB labels with commas between; each label has its word.
sets() {
  awk -v rows="$1" 'BEGIN {
    split("guitar goal vote", word); split("music sport politics", label)
    for (k = 0; k < rows; k++) {
      text = "number " k; labels = ""
      for (i = 1; i <= 3; i++) if (int(k / 2 ^ (i - 1)) % 2) {
        text = text " the " word[i]; labels = labels (labels == "" ? "" : ",") label[i]
      }
      print text "\t" labels
    }
  }'
}
sets 400 >rows
{ printf 'text\tlabel\n'; cat rows; } >data.tsv
awk -F'\t' '{ n = split($2, l, ","); s = ""; for (i = 1; i <= n; i++) s = s (i > 1 ? "," : "") "\"" l[i] "\""
  printf "{\"text\":\"%s\",\"label\":[%s]}\n", $1, s }' rows >data.jsonl
awk -F'\t' '$2 != "" { n = split($2, l, ","); s = ""; for (i = 1; i <= n; i++) s = s "__label__" l[i] " "; print s $1 }' rows >data.txt
head -8 rows | cut -f1 >texts

# A file in which some row has several labels trains such a model by itself; the same texts in TSV and JSON the same model.
linear=(--cell none --overwrite)
"$unroll" train --train data.jsonl --out objects "${linear[@]}" >objects.out 2>stderr
grep -q 'data.jsonl:1: 200 of 400 rows have several labels, 50 have none' stderr || fail "no note: $(cat stderr)"
grep -q '3 labels, any number of them a text' stderr || fail "the notes do not say what the model is"
grep -q 'dev micro-f1 100.00 %, accuracy 100.00 %' objects.out || fail "not learnt: $(cat objects.out)"
"$unroll" train --train data.tsv --label-separator , --out run "${linear[@]}" --quiet >tsv.out
cmp <(grep ^hash objects.out) <(grep ^hash tsv.out) || fail "JSON and TSV make two models"
"$unroll" train --train data.txt --out words "${linear[@]}" >/dev/null 2>stderr
grep -q 'data.txt:3: 200 of 350 rows have several labels, 0 have none' stderr || fail "fastText: $(cat stderr)"
"$unroll" train --train data.tsv --label-separator , --out both --hidden 8 --embedding 8 --epochs 3 --lr 0.02 >stdout 2>stderr
grep -q '^epoch 3/3 .* dev micro-f1 ' stderr || fail "the network's epochs do not show micro-F1"
"$unroll" train --train data.tsv --label-separator , --out network --no-ngrams --hidden 8 --embedding 8 --epochs 30 --lr 0.02 --quiet >/dev/null

# The separator has a name for shells; one that is empty or that no label holds is told.
"$unroll" train --train data.tsv --label-separator comma --out named "${linear[@]}" --quiet >named.out
cmp <(grep ^hash named.out) <(grep ^hash tsv.out) || fail "--label-separator comma is not a comma"
expect_status 2 '--label-separator is given, but empty' "$unroll" train --train data.tsv --label-separator '' --out empty "${linear[@]}"
expect_status 2 '--weight-col is given, but empty' "$unroll" train --train data.tsv --weight-col '' --out empty "${linear[@]}"
{ printf 'label\ttext\n'; reviews 60; } >one.tsv
expect_status 0 '--label-separator ";" has no effect' "$unroll" train --train one.tsv --label-separator ';' --out idle "${linear[@]}"
"$unroll" data check data.jsonl >check
grep -q 'labels  *3; 200 rows have several and 50 none' check || fail "data check does not say that rows have several labels"

# Labels that hold commas are written with another separator.
sed 's/"sport"/"sport, ball"/' data.jsonl >commas.jsonl
"$unroll" train --train commas.jsonl --out commas "${linear[@]}" --quiet >/dev/null
"$unroll" predict commas data.tsv --append 2>stderr >appended
grep -q 'labels are written with ";" between them' stderr || fail "nothing tells how labels are told apart"
awk -F'\t' 'NR > 1 && split($3, a, ";") != split($4, b, ";") { exit 1 }' appended || fail "--append of labels with commas"

# `why` is about one label, and says which ones the text gets.
"$unroll" why run 'the guitar the goal' >why
grep -qx 'answered: music, sport\|answered: sport, music' why || fail "why does not say what is answered: $(cat why)"
"$unroll" why run 'nothing' >why
grep -qx 'answered: none of the labels' why || fail "why: none"

# One slip among many rows is a warning, with --quiet too.
awk 'BEGIN { for (k = 0; k < 200; k++) print "__label__music the guitar " k "\n__label__sport the goal " k
  print "__label__music __label__sport the guitar" }' >slip.txt
expect_status 0 'slip.txt:401: 1 of 401 rows have several labels' "$unroll" train --train slip.txt --out slip "${linear[@]}" --quiet

# The answers: labels with tabs between, an empty line for none.
for model in run both network; do
  "$unroll" predict $model texts --quiet >answers
  [ "$(wc -l <answers)" = 8 ] || fail "$model: not one line a text"
  while IFS=$'\t' read -r text labels; do
    IFS= read -r answer <&3
    [ "$(tr '\t' '\n' <<<"$answer" | sort)" = "$(tr ',' '\n' <<<"$labels" | sort)" ] ||
      fail "$model: $text: expected $labels, found $answer"
  done < <(head -8 rows) 3<answers
done
[ "$(head -1 texts | "$unroll" predict run)" = "" ] || fail "a text without labels has some"
[ "$(head -1 texts | "$unroll" predict run --threshold 0 | awk -F'\t' '{ print NF }')" = 3 ] || fail "--threshold 0 leaves labels out"
[ "$(sed -n 8p texts | "$unroll" predict run --threshold 1)" = "" ] || fail "--threshold 1 has labels"
"$unroll" predict run texts --prob --quiet | sed -n 4p | awk -F'\t' 'NF != 4 || $2 < 0.5 || $4 < 0.5 { exit 1 }' || fail "--prob"
"$unroll" predict run texts --top 2 --quiet | awk -F'\t' 'NF != 4 { exit 1 }' || fail "--top 2"
"$unroll" predict run texts --json --quiet >json
sed -n 1p json | grep -q '^{"label":"","probability":0[^,]*,"labels":\[\],' || fail "--json of none: $(sed -n 1p json)"
sed -n 8p json | grep -Eq '"labels":\["[a-z]+","[a-z]+","[a-z]+"\]' || fail "--json of three: $(sed -n 8p json)"
"$unroll" predict run data.tsv --append --quiet >appended
head -1 appended | grep -qx "$(printf 'text\tlabel\tpredicted\tprobability')" || fail "--append: $(head -1 appended)"
awk -F'\t' 'NR > 1 && (NF != 4 || split($2, a, ",") != split($3, b, ",") || split($3, a, ",") != split($4, b, ",")) { exit 1 }' appended ||
  fail "--append has not a probability for each label"
"$unroll" predict run texts --threads 2 --quiet | cmp - <("$unroll" predict run texts --quiet) || fail "other answers on two threads"

# The figures.
"$unroll" test run data.tsv --label-separator , --quiet | grep -q '^micro-F1 100.00 %' || fail "test"
if "$unroll" test run data.tsv --label-separator , --quiet | grep 'calibration error'; then fail "a calibration of nothing"; fi
"$unroll" test run data.jsonl --json --quiet >json
for key in micro_f1 macro_f1 micro_precision micro_recall accuracy; do
  grep -q "\"$key\":1.0" json || fail "test --json: $key: $(cat json)"
done
grep -Eq '"precision_at_1":1.0,"recall_at_1":0.58' json || fail "test --json: $(cat json)"
"$unroll" test run data.tsv --label-separator , --threshold 0 --json --quiet | grep -q '"micro_recall":1.0' || fail "test --threshold"
"$unroll" test words data.txt --quiet | grep -q '^micro-F1 100.00 %' || fail "test of __label__ lines"

# What it is, in the file.
"$unroll" inspect run | grep -q 'a text has any number of them' || fail "inspect"
"$unroll" inspect run --json | grep -q '"output":"sigmoid"' || fail "inspect --json"
grep -aq '"unroll.format":"4"' run/model.safetensors || fail "not of format 4"

# One label a text: none of these below a threshold, and what does not fit.
{ printf 'label\ttext\n'; reviews 120; } >one.tsv
"$unroll" train --train one.tsv --out one "${linear[@]}" --quiet >/dev/null
grep -aq '"unroll.format":"3"' one/model.safetensors || fail "a model of one label a text is not of format 3"
[ "$(echo 'this film is good' | "$unroll" predict one)" = pos ] || fail "one label"
[ "$(echo 'this film is good' | "$unroll" predict one --threshold 0.5)" = pos ] || fail "one label, --threshold 0.5"
[ "$(echo 'this film is good' | "$unroll" predict one --threshold 1)" = "" ] || fail "one label, --threshold 1"
echo 'this film is good' | "$unroll" predict one --threshold 1 --json | grep -q '^{"label":"",.*"labels":\[\]' || fail "one label, --json"
expect_status 3 'data.jsonl:1: 250 of 400 rows have several labels or none' "$unroll" test one data.jsonl
expect_status 2 '--threshold is for models that answer any number of labels' "$unroll" test one one.tsv --threshold 0.3
expect_status 3 'the dev texts have several labels or none (line 1), the training texts one each (--dev)' \
  "$unroll" train --train one.tsv --dev data.jsonl --out x
expect_status 2 'answer one label a text' "$unroll" gradcheck both
expect_status 2 'answer one label a text' "$unroll" trace both --text good
"$unroll" test run <(printf 'text\tlabel\nnumber 7 the goal\tsport\n') --quiet | grep -q '^micro-F1 100.00 %' ||
  fail "a file with one label a text is no test of any number"

# Splitting and writing keep all labels.
"$unroll" data split data.jsonl --out parts --overwrite 2>stderr >/dev/null
grep -qF -- "--label-separator ','" stderr || fail "data split does not say how to read its files"
cat parts/*.tsv | grep -c 'music,sport' | grep -qx 100 || fail "data split loses labels"
"$unroll" data convert data.txt --quiet | grep -c 'music,sport' | grep -qx 100 || fail "data convert loses labels"
"$unroll" data check data.jsonl --quiet | grep -q music || fail "data check"
