# trace and exercise: text, CSV and pages of a small trained model; what is out of range is refused.
. "$(dirname "$0")/support.sh" "$@"

{ printf 'label\ttext\n'; reviews 100; } >data.tsv
"$unroll" train --train data.tsv --out lstm --pool mean "${small[@]}" >/dev/null
"$unroll" train --train data.tsv --out rnn --cell rnn --layers 2 "${small[@]}" >/dev/null

"$unroll" trace lstm --data data.tsv --row 12 --t 3 >trace.txt
for part in 'row 12 of data.tsv' 'LSTM-dzf' 'dW_f' 'Paths from h_3' 'agree with dW, dU, db'; do
  grep -qF "$part" trace.txt || fail "trace lacks $part"
done
LC_ALL=C.UTF-8 awk '{ gsub(/[\200-\277]/, ""); if (length($0) > 80) exit 1 }' trace.txt || fail "lines beyond 80 columns"
"$unroll" trace lstm --data data.tsv --row 12 --t 3 | cmp - trace.txt || fail "trace is not deterministic"

# Files instead of text, with every value and a whole page.
"$unroll" trace rnn --data data.tsv --row 2 --layer 0 --direction backward --csv values.csv --html page.html --quiet >stdout 2>stderr
[ ! -s stdout ] && [ ! -s stderr ] || fail "trace --quiet says something"
head -n 1 values.csv | grep -qx 'name,step,row,column,value' || fail "CSV head"
awk -F, 'NR > 1 && (NF != 5 || $5 !~ /^-?[0-9.e+-]+$/) { exit 1 }' values.csv || fail "CSV lines"
# Paths add up to the part that the layer gives, and the probabilities to one.
awk -F, '$1 == "dW_path" && $3 == 1 && $4 == 2 { sum += $5 } $1 == "dW_part" && $3 == 1 && $4 == 2 { part = $5 }
  END { d = sum - part; exit !(part != 0 && d < 1e-12 && d > -1e-12) }' values.csv || fail "paths do not add up"
awk -F, '$1 == "y_hat" { sum += $5 } END { exit !(sum > 0.999999 && sum < 1.000001) }' values.csv || fail "probabilities"
grep -q '</html>' page.html || fail "page"
"$unroll" trace rnn --data data.tsv --row 2 --layer 0 --direction backward --csv - | cmp - values.csv || fail "CSV to stdout"
"$unroll" trace lstm --text 'this film is good' | grep 'Label "pos"' >/dev/null || fail "--text"
"$unroll" trace lstm --text 'this film is good' --label neg | grep 'Label "neg", class 1 of 2' >/dev/null || fail "--label"

expect_status 3 'there is no row 101; it has the rows 1 .. 100' "$unroll" trace lstm --data data.tsv --row 101
expect_status 2 "--row: expected" "$unroll" trace lstm --data data.tsv --row 0
expect_status 2 'there is no step 9; this text has the steps' "$unroll" trace lstm --data data.tsv --row 1 --t 9
expect_status 2 '--t: expected' "$unroll" trace lstm --data data.tsv --row 1 --t 0
expect_status 2 'there is no layer 1' "$unroll" trace lstm --data data.tsv --layer 1
expect_status 2 'expected --data' "$unroll" trace lstm
expect_status 3 'does not know the label "other"' "$unroll" trace lstm --text fine --label other
expect_status 7 'nowhere' "$unroll" trace lstm --text fine --csv nowhere/values.csv

# A GRU in both forms, text and CSV.
for reset in after before; do
  "$unroll" train --train data.tsv --out gru --cell gru --gru-reset $reset --overwrite "${small[@]}" >/dev/null
  "$unroll" trace gru --data data.tsv --row 12 --t 3 >gru.txt
  "$unroll" trace gru --data data.tsv --row 12 --t 3 --csv gru.csv
  for part in GRU-r GRU-h GRU-$reset-candidate GRU-$reset-dzr GRU-$reset-dW GRU-$reset-dh0 'agree with dW, dU, db'; do
    grep -qF "$part" gru.txt || fail "trace of a GRU lacks $part"
  done
  awk -F, '$1 == "dW_h_path" && $3 == 1 && $4 == 2 { sum += $5 } $1 == "dW_h_part" && $3 == 1 && $4 == 2 { part = $5 }
    END { d = sum - part; exit !(part != 0 && d < 1e-12 && d > -1e-12) }' gru.csv || fail "paths of a GRU do not add up"
  "$unroll" exercise --cell gru --gru-reset $reset --answers | grep -q "GRU-$reset-dh0" || fail "exercise of a GRU"
done
expect_status 2 '--gru-reset' "$unroll" exercise --cell lstm --gru-reset before

# Exercises: the same for the same seed; the key comes after the task.
"$unroll" exercise --cell rnn --steps 3 --hidden 2 --seed 7 >seven.txt
"$unroll" exercise --cell rnn --steps 3 --hidden 2 --seed 7 | cmp - seven.txt || fail "exercise is not deterministic"
"$unroll" exercise --seed 8 | cmp -s - seven.txt && fail "another seed gives the same exercise"
"$unroll" exercise --seed 7 --answers >key.txt
head -c "$(wc -c <seven.txt)" key.txt | cmp - seven.txt || fail "the key changes the task"
grep -q 'RNN-dW3' key.txt || fail "key without the paths"
grep -q 'RNN-dW3' seven.txt && fail "the task shows the key"
"$unroll" exercise --cell lstm --lang zh --answers --html exercise.html --quiet
grep -q '<html lang="zh">' exercise.html || fail "the Chinese page"
LC_ALL=zh_CN.UTF-8 "$unroll" exercise | grep '^练习' >/dev/null || fail "the locale's language"
expect_status 2 '--hidden: expected a whole number in 1 .. 4, found "9"' "$unroll" exercise --hidden 9
