# train --init RUN: from a trained model on new rows, whose words and labels join it.
. "$(dirname "$0")/support.sh" "$@"

{ printf 'label\ttext\n'; reviews 100; } >old.tsv
{ printf 'label\ttext\n'; reviews 40; for k in $(seq 40); do printf 'mid\tthis film is middling number %s\n' "$k"; done; } >new.tsv
"$unroll" train --train old.tsv --out old "${small[@]}" >/dev/null
before=$(cksum old/model.safetensors)
train() { "$unroll" train --train new.tsv --init old --epochs 4 --lr 0.02 --quiet --json "$@"; }
train --out new >new.json
[ "$(cksum old/model.safetensors)" = "$before" ] || fail "the old model changed"
labels() { "$unroll" inspect "$1" --json | grep -o '"labels":\[[^]]*\]'; }
[ "$(labels new)" = '"labels":["mid","neg","pos"]' ] || fail "labels: $(labels new)"
"$unroll" inspect new --json | grep -q '"hidden":8' || fail "another network than the old one's"
"$unroll" inspect new --json | grep -q '"middling"' || fail "the vocabulary did not grow"
[ "$("$unroll" predict new <(printf 'this film is middling\n'))" = mid ] || fail "the new label was not learnt"
[ "$("$unroll" predict new <(printf 'this book is dreadful\n'))" = neg ] || fail "an old label was forgotten"
train --out again >again.json
[ "$(grep -o '"hash":"[^"]*"' new.json)" = "$(grep -o '"hash":"[^"]*"' again.json)" ] || fail "another model from the same start"

# What the model has can be said again, in a file or on the command line, and nothing else.
expect_status 2 "--hidden is not what the model has that --init names" train --out other --hidden 9
expect_status 2 "--tokenizer is not what the model has that --init names" train --out other --tokenizer char
train --out said --hidden 8 --config old/config.toml >said.json
[ "$(grep -o '"hash":"[^"]*"' new.json)" = "$(grep -o '"hash":"[^"]*"' said.json)" ] || fail "settings that agree change the model"
expect_status 0 '--forget-bias has no effect with --init' train --out bias --forget-bias 2
expect_status 2 'name another folder, or replace it (--out, --overwrite)' train --out new
expect_status 5 'nowhere' "$unroll" train --train new.tsv --init nowhere --out other
expect_status 0 '--recurrent-init has no effect with --init' train --out initial --recurrent-init identity
mkdir empty; expect_status 5 'empty/model.safetensors' "$unroll" train --train new.tsv --init empty --out other
"$unroll" train --train old.tsv --out linear --cell none --quiet >/dev/null
expect_status 2 'is a linear model of n-grams alone' "$unroll" train --train new.tsv --init linear --out other
"$unroll" train --train old.tsv --recurrent-init identity --cell rnn --activation relu --out named "${small[@]}" >/dev/null || fail "--recurrent-init"
