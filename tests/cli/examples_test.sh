# Each example runs and does what it says. bash examples_test.sh PROGRAM FOLDER_OF_EXAMPLES
examples=$(realpath "$2")
. "$(dirname "$0")/support.sh" "$1"

{ printf 'label\ttext\n'; reviews 120; } >data.tsv
"$unroll" train --train data.tsv --out run "${small[@]}" >/dev/null
reviews 50 | cut -f2 >texts.txt
"$examples/classify_text" run <texts.txt | cut -f1 >ours
"$unroll" predict run texts.txt | cmp - ours || fail "classify_text and the program predict differently"
"$examples/classify_text" nowhere <texts.txt 2>message && fail "a missing model"
grep -q nowhere message || fail "the message names no model"

"$examples/train_in_memory" saved >out || fail "train_in_memory: $?"
grep -qx 'the tea was warm: good' out || fail "train_in_memory: warm"
grep -qx 'the bed was cold: bad' out || fail "train_in_memory: cold"
"$unroll" inspect saved >/dev/null || fail "what train_in_memory saved"

# The mean of numbers; sequences have one to nine of them.
awk 'BEGIN { srand(3); for (n = 0; n < 60; ++n) { sum = 0; line = ""; count = 1 + n % 9
  for (k = 0; k < count; ++k) { x = rand() * 2 - 1; sum += x; line = line "," x } print sum / count line } }' >means.csv
"$examples/regression" means.csv >losses || fail "regression: $?"
awk '{ loss[NR] = $4 } END { exit !(NR == 4 && loss[4] < loss[1] / 10) }' losses || { cat losses >&2; fail "regression learns nothing"; }

"$examples/homework_rnn" >out || { cat out >&2; fail "homework_rnn: by hand and by the layer differ"; }
[ "$(grep -c 'by hand' out)" = 4 ] || fail "homework_rnn"

# The homework's data: a word that only the vectors' file knows is understood.
awk 'BEGIN { split("好看 喜欢 精彩 感人 温暖", good, " "); split("难看 无聊 失望 糟糕 乏味", bad, " "); split("电影 故事 演员 音乐 结局", thing, " ")
  print "label\ttext"; for (k = 0; k < 200; k++) print (k % 2 ? "正" : "负") "\t这部" thing[int(k / 2) % 5 + 1] "很" (k % 2 ? good[int(k / 10) % 5 + 1] : bad[int(k / 10) % 5 + 1]) "，" k }' >films.tsv
printf 'label\ttext\n正\t这个故事非常出色\n负\t这个故事非常差劲\n正\t音乐很温暖\n负\t音乐很乏味\n' >films.dev.tsv
{ for word in 好看 喜欢 精彩 感人 温暖 出色; do echo "$word 1 0.2 0.1"; done
  for word in 难看 无聊 失望 糟糕 乏味 差劲; do echo "$word -1 0.2 0.1"; done; } >films.vec
"$examples/homework_data" films.tsv films.dev.tsv films.vec >out || fail "homework_data: $?"
grep -qx 'accuracy 1' out || { cat out >&2; fail "homework_data"; }
grep -q '(这个)' out || { cat out >&2; fail "homework_data: stop words"; }
