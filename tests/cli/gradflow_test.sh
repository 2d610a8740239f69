# `unroll gradflow`, alone and inside a training run.
. "$(dirname "$0")/support.sh" "$@"

# The tour, made small: every chapter, and a page that loads nothing.
"$unroll" gradflow --hidden 6 --lags 20 --draws 2 --csv tour.csv --html tour.html --quiet >tour.txt
for title in Sigmoid Tanh ReLU 'LSTM: the carry' 'LSTM: before and after training'; do grep -q "^$title" tour.txt || fail "the tour lacks $title"; done
[ "$(awk 'length > 160' tour.txt | wc -l)" = 0 ] || fail "a line of the tour is too long"
[ "$(tail -n +2 tour.csv | wc -l)" = $((29 * 20 + 6 * 49)) ] || fail "tour.csv: not one row per case and lag"
grep -q 'GRAD-lstm-carry' tour.html || fail "tour.html names no equations"
if grep -qE '<script|https?:|src=' tour.html; then fail "tour.html loads something"; fi

# One case: W = 0.5·(orthogonal) at rest loses half at each step, exactly the bound.
"$unroll" gradflow --cell rnn --activation tanh --radius 0.5 --input 0 --centred --lags 10 --json >one.json
grep -q '"verdict":"vanishes ×0.5"' one.json || fail "0.5 per step: $(cut -c1-300 one.json)"
"$unroll" gradflow --cell rnn --activation relu --recurrent-init identity --positive --lags 10 | grep -q 'stays ×1.000' || fail "identity"
"$unroll" gradflow --cell lstm --forget-bias -1 --lags 20 | grep -q 'vanishes' || fail "lstm"
for reset in after before; do
  "$unroll" gradflow --cell gru --gru-reset $reset --lags 20 --html gru.html | grep -q 'vanishes' || fail "gru $reset"
  grep -q 'GRAD-gru-carry' gru.html || fail "the page of a GRU names no equations"
done

# The same seed gives the same file, on any number of threads.
for threads in 1 2; do "$unroll" gradflow --cell lstm --lags 30 --threads $threads --csv $threads.csv --quiet >/dev/null; done
cmp 1.csv 2.csv || fail "the numbers depend on the threads"

expect_status 2 '--forget-bias' "$unroll" gradflow --cell rnn --forget-bias 1
expect_status 2 '--activation' "$unroll" gradflow --cell lstm --activation tanh
expect_status 2 '--gru-reset' "$unroll" gradflow --cell lstm --gru-reset before
expect_status 2 'the gates of the GRU' "$unroll" gradflow --cell gru --centred
expect_status 2 '--radius' "$unroll" gradflow --radius 1 --norm 1
expect_status 2 'no longer a finite number' "$unroll" gradflow --activation relu --recurrent-init identity --gain 1e6 --positive
expect_status 7 'nowhere' "$unroll" gradflow --cell rnn --lags 2 --csv nowhere/a.csv

# Inside a training run: two files more, and the same model.
{ printf 'label\ttext\n'; reviews 80; } >data.tsv
for cell in lstm gru rnn; do
  "$unroll" train --train data.tsv --out "$cell" --cell $cell "${small[@]}" --gradflow >/dev/null
  "$unroll" train --train data.tsv --out "$cell.plain" --cell $cell "${small[@]}" >/dev/null
  cmp "$cell/model.safetensors" "$cell.plain/model.safetensors" || fail "--gradflow changed the $cell"
  grep -q "^6,$cell.0.backward," "$cell/gradflow.csv" || fail "$cell/gradflow.csv lacks epoch 6"
  grep -q 'before training' "$cell/gradflow.html" || fail "$cell/gradflow.html"
  [ ! -e "$cell.plain/gradflow.csv" ] || fail "gradflow.csv without --gradflow"
done
