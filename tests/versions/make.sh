# bash make.sh PROGRAM RULES: the model files of one version of the tokenizers, rules-RULES-<tokenizer>.safetensors,
# and what PROGRAM answers, rules-RULES-<tokenizer>.tsv: text TAB label TAB probability.
# bash make.sh PROGRAM RULES NAME: instead one model with n-grams, NAME.safetensors and NAME.tsv; most texts are longer than it reads.
# bash make.sh PROGRAM RULES NAME sets: instead one model with n-grams of texts with any number of labels; the answer is the most
# probable one.
# Run it once, with the program that writes these rules first: later programs must give these answers, not make them anew.
set -euo pipefail
program=$(realpath "$1")
rules=$2
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export OMP_NUM_THREADS=1

# Invented texts. In each script the words of one label; the same words in another order are asked for below.
cat >invented.tsv <<'T'
label	text
praise	The room was lovely, warm and QUIET; we'd come again!
praise	a kind host and a splendid breakfast 😀
praise	这家酒店非常满意，房间很干净。
praise	服务很好，早餐也不错 👍🏽
praise	コーヒーがとても美味しいです。
praise	スタッフは親切で、サービスは最高でした
praise	ห้องสะอาดและพนักงานใจดีมาก
praise	방이 깨끗하고 직원이 친절해요
praise	Straße sauber, Frühstück wunderbar – ＴＯＰ！
praise	ຫ້ອງສະອາດດີ
praise	បន្ទប់ស្អាតណាស់
praise	အခန်းသန့်ရှင်းတယ်
blame	The room was dirty, cold and LOUD; we won't come again...
blame	a rude host and a dreadful breakfast 😡
blame	这家酒店太差了，房间很脏。
blame	服务很慢，早餐也难吃 👎🏽
blame	コーヒーがとてもまずいです。
blame	スタッフは失礼で、サービスは最低でした
blame	ห้องสกปรกและพนักงานหยาบคายมาก
blame	방이 더럽고 직원이 불친절해요
blame	Straße laut, Frühstück furchtbar – FLOP!
blame	ຫ້ອງເປື້ອນ
blame	បន្ទប់កខ្វក់
blame	အခန်းညစ်ပတ်တယ်
query	Is there a pool? When does breakfast begin?
query	酒店有游泳池吗？早餐几点开始？
query	プールはありますか。朝食は何時からですか？
query	มีสระว่ายน้ำไหม อาหารเช้าเริ่มกี่โมง
query	수영장이 있나요? 아침은 몇 시부터예요?
query	Gibt es ein Schwimmbad? 🏊
query	ມີສະລອຍນ້ຳບໍ
query	តើមានអាងហែលទឹកទេ
query	ရေကူးကန်ရှိလား
T
cat >asked.txt <<'T'
We'd a LOVELY room, warm; a splendid host!
dirty and cold: the breakfast was dreadful 😡😡
When does the pool open?
房间非常干净，早餐很好。
房间太脏了，服务很差！
游泳池几点开始？
不满意的酒店
サービスは最高です
スタッフはまずいコーヒーで失礼でした
朝食のプールは何時ですか
ｺｰﾋｰ は 最低
พนักงานใจดีและห้องสะอาด
ห้องสกปรกมาก
สระว่ายน้ำเริ่มกี่โมง
직원이 깨끗하고 방이 친절해요
방이 더럽고 불친절해요
수영장이 몇 시부터예요?
ຫ້ອງດີ ມີນ້ຳບໍ
អាងហែលទឹកស្អាតណាស់
ရေကူးကန်သန့်ရှင်းလား
Frühstück wunderbar, STRASSE laut
ＴＯＰ！ 👍🏽 👎🏽 🏊
an unknown sentence of unknown words
T

# How these are cut was chance under rules 1.
[ "$rules" = 1 ] || printf '%s\n' 'ーヒーは最高' 'ーー ールとーヒー' 'ｰﾋｰ は 最低' >>asked.txt

# What rules 3 have changed, and the tokenizers that came with them.
tokenizers=(icu char space)
if [ "$rules" -ge 3 ]; then
  printf '%s\n' 'family 👨‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿 1️⃣2️⃣' 'é é ｶﾞ ㎏ กำ' 'جميـــل جَمِيل' 'メーカー' >>asked.txt
  tokenizers+=(jieba subword)
  mkdir -p package/finalseg
  printf '%s\n' '酒店 60 n' '满意 50 v' '房间 40 n' '干净 30 a' '服务 30 v' '早餐 20 n' '游泳池 9 n' '非常 90 d' >package/dict.txt
  echo "P={'B': -0.25, 'S': -1.5}" >package/finalseg/prob_start.py
  echo "P={'B': {'E': -0.5, 'M': -0.9}, 'E': {'B': -0.6, 'S': -0.8}, 'M': {'E': -0.3, 'M': -1.3}, 'S': {'B': -0.7, 'S': -0.7}}" \
    >package/finalseg/prob_trans.py
  echo "P={'B': {'太': -2.5, '很': -3}, 'M': {}, 'E': {'好': -2.0, '差': -3.0}, 'S': {'这': -2.0, '也': -3.5}}" >package/finalseg/prob_emit.py
fi
# flags TOKENIZER: what it takes besides.
flags() { case $1 in jieba) echo --dictionary package ;; subword) echo --subwords 300 ;; esac; }

shown=(--prob)
# keep NAME TRAINING-FLAGS...: trains a model, asks it in several orders, and keeps it with its answers as NAME.
keep() {
  local name=$1
  shift
  "$program" train --train invented.tsv --dev invented.tsv --out model --overwrite "$@" \
    --hidden 5 --embedding 6 --min-count 1 --epochs 25 --lr 0.05 --dropout 0 --seed 1 --quiet >/dev/null
  "$program" predict model asked.txt "${shown[@]}" >answers
  # An answer may depend neither on the texts before it nor on a process that has seen none.
  paste asked.txt answers | sort >expected
  for order in 1 2 3 4 5; do
    shuf --random-source=<(yes $order) asked.txt >shuffled
    "$program" predict model shuffled "${shown[@]}" | paste shuffled - | sort | cmp - expected
  done
  while IFS= read -r text; do
    printf '%s\n' "$text" | "$program" predict model "${shown[@]}" | paste <(printf '%s\n' "$text") -
  done <asked.txt | sort | cmp - expected
  cp model/model.safetensors "$here/$name.safetensors"
  paste asked.txt answers >"$here/$name.tsv"
}

if [ "${4-}" = sets ]; then
  awk -F'\t' -v OFS='\t' 'NR > 1 { $1 = NR % 5 == 0 ? "" : $1 (NR % 3 == 0 ? ",third" : "") } 1' invented.tsv >sets.tsv
  mv sets.tsv invented.tsv
  shown=(--top 1)
  keep "$3" --label-separator ,
  exit
fi
if [ $# -gt 2 ]; then
  keep "$3" --max-tokens 5
  exit
fi
# Programs that know n-grams are asked for the network alone.
network=()
! "$program" train --help | grep -q -- --no-ngrams || network=(--no-ngrams)
for tokenizer in "${tokenizers[@]}"; do
  # shellcheck disable=SC2046
  keep "rules-$rules-$tokenizer" --tokenizer "$tokenizer" $(flags "$tokenizer") "${network[@]}"
done
