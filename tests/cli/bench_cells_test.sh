# `unroll bench cells`: the race of the recurrent layers, made short. No time is asserted.
. "$(dirname "$0")/support.sh" "$@"

short=(--seconds 0.01 --steps 3 --batch 2 --input 5 --hidden 8)

"$unroll" bench cells "${short[@]}" --threads 1 >table 2>notes || fail "status $?"
head -1 table | grep -qE '^cell +pass +T +B +I +H +us +GFLOP/s +% peak +tokens/s$' || { cat table >&2; fail "no header"; }
for pass in forward train; do
  [ "$(grep -cE "^lstm +$pass +3 +2 +5 +8( +[0-9.]+){4}$" table)" = 1 ] || { cat table >&2; fail "no row of $pass"; }
done
grep -q '^fp32, 1 thread, ' table || { cat table >&2; fail "what it holds for"; }
[ "$(LC_ALL=C.UTF-8 awk 'length > 80' table)" = "" ] || fail "wider than 80 columns"

"$unroll" bench cells "${short[@]}" --cell rnn --activation relu --pass train --threads 2 --json --quiet >json 2>notes ||
  fail "--json"
[ ! -s notes ] || fail "--quiet"
[ "$(wc -l <json)" = 1 ] || fail "--json is not one line"
number='[0-9.e+-]+'
row='{"cell":"rnn","pass":"train","steps":3,"batch":2,"input":5,"hidden":8,"precision":"fp32","multiplied":"fp32","threads":2,'
row+="\"us\":$number,\"gflops\":$number,\"peak_gflops\":$number,\"tokens_per_s\":$number}"
grep -qE "^\[$row\]$" json || { cat json >&2; fail "not such a row"; }

"$unroll" bench cells --steps 3 --batch 2 --input 6 --hidden 8 --precision bf16 --seconds 0 --json --quiet |
  grep -q '"precision":"bf16"'
UNROLL_HALF=narrow "$unroll" bench cells --steps 3 --batch 2 --input 6 --hidden 8 --precision half --threads 1 --seconds 0 >table 2>notes
grep -q '^half (narrow or fp32), 1 thread' table || { cat table >&2; fail "what half is"; }
expect_status 2 '--precision' "$unroll" bench cells --precision int8
expect_status 2 '--batch' "$unroll" bench cells --batch 0
expect_status 2 '--cell' "$unroll" bench cells --cell lstmx
expect_status 2 '--pass' "$unroll" bench cells --pass backward
expect_status 2 '--threads' "$unroll" bench cells --threads 0
expect_status 2 '--seconds' "$unroll" bench cells --seconds -1
