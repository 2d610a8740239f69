# What predicting with a model that is nearly all word vectors takes: the file once, and little more.
. "$(dirname "$0")/support.sh" "$@"
export OMP_NUM_THREADS=1

# words COUNT: labelled texts with so many different words.
words() {
  awk -v words="$1" 'BEGIN { print "label\ttext"; for (row = 0; row * 50 < words; row++) {
    text = ""; for (k = row * 50; k < (row + 1) * 50; k++) text = text " word" (k * 7919) % 1000003
    print (row % 2 ? "a" : "b") "\t" text } }'
}

train() { "$unroll" train --train - --out "$1" --no-ngrams --tokenizer space --min-count 1 --hidden 8 --embedding "$2" --epochs 1 --quiet >/dev/null; }
words 300 | train small 64
words 40000 | train wide 160
words 40000 | train narrow 64

# peak MODEL: KiB that the process had at its largest, when it has answered and waits for more.
mkfifo texts
peak() {
  "$unroll" predict "$1" - <texts >answer &
  local job=$!
  exec 3>texts
  echo 'word7919 word5' >&3
  for _ in $(seq 600); do [ -s answer ] && break; sleep 0.05; done
  awk '/^VmHWM/ { print $2 }' /proc/$job/status
  exec 3>&-
  wait $job
}

least=$(peak small)
for model in wide narrow; do
  most=$(peak $model)
  bytes=$(stat -c %s $model/model.safetensors)
  awk -v more=$((most - least)) -v bytes="$bytes" 'BEGIN { exit !(more * 1024 <= 1.1 * bytes) }' ||
    fail "$model: $((most - least)) KiB more than a small model takes, of a file of $((bytes / 1024)) KiB"
done

# From a pipe, too; and what is damaged on its way is refused.
echo 'word7919' >text
"$unroll" predict small text >expected
"$unroll" predict /dev/stdin text <small/model.safetensors >found
cat small/model.safetensors | "$unroll" predict /dev/stdin text >piped
cmp expected found && cmp expected piped || fail "a model from standard input predicts otherwise"
expect_status 5 'checksum error' "$unroll" predict /dev/stdin text < <(head -c 20000 small/model.safetensors)
