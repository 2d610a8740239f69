# Shards of batches in one process; tests/cli/mpi_test.sh has several.
. "$(dirname "$0")/support.sh" "$@"

{ printf 'label\ttext\n'; reviews 160; } >data.tsv
hash_in() { sed -n 's/.*"hash":"\([0-9a-f]*\)".*/\1/p' "$1"; }
train=("$unroll" train --train data.tsv --hidden 6 --embedding 6 --batch 16 --lr 0.02 --quiet --json)
# hash_of FLAGS...: of the model that these flags train in a new folder.
hash_of() { rm -rf out; "${train[@]}" --out out "$@" >stdout; hash_in stdout; }

# One shard is the whole batch; more of them are another order of the same sum, for any number of threads.
few=(--epochs 4)
whole=$(hash_of "${few[@]}")
[ "$(hash_of "${few[@]}" --shards 1)" = "$whole" ] || fail "--shards 1 is not the run without"
grep -q '"shards":1,"ranks":1,"compute_ms":null' stdout || fail "a whole batch has times of shards"
two=$(hash_of "${few[@]}" --shards 2 --threads 1)
[ "$two" != "$whole" ] || fail "--shards 2 adds as no shards do"
grep -q '"shards":2,"ranks":1,"compute_ms":[0-9.]*,' stdout || fail "--json lacks the times of shards"
[ "$(hash_of "${few[@]}" --shards 2 --threads 3)" = "$two" ] || fail "shards depend on the number of threads"
grep -q '^shards = 2$' out/config.toml || fail "config.toml lacks the shards"
cp out/config.toml two.toml
rm -rf again
"$unroll" train --config two.toml --out again --overwrite --quiet --json >stdout
[ "$(hash_in stdout)" = "$two" ] || fail "config.toml does not repeat a run of shards"

# More shards than texts: the last ones are empty.
[ -n "$(hash_of "${few[@]}" --shards 40)" ] || fail "more shards than texts"
expect_status 2 '--shards' "${train[@]}" --out out --overwrite --shards 0

# The plan of memory has the shards: less for a pass, more for the sum, and a limit still holds.
"$unroll" inspect again --memory >stdout
grep -q '^ *shards ' stdout || { cat stdout >&2; fail "the plan of memory lacks the shards"; }

# A run keeps its shards, whether the command that goes on names them or not.
many=(--epochs 300 --early-stop 0)
expected=$(hash_of "${many[@]}" --shards 3)
rm -rf out
"${train[@]}" --out out "${many[@]}" --shards 3 --max-minutes 0.005 >/dev/null
expect_status 2 'shards 3 then, 2 now' "${train[@]}" --out out "${many[@]}" --shards 2
"${train[@]}" --out out "${many[@]}" >stdout
grep -q 'resume  from epoch' out/log.txt || fail "the run did not go on"
[ "$(hash_in stdout)" = "$expected" ] || fail "a run that went on without its --shards has another model"

# A launcher of several processes needs MPI, which a program without it says.
cp "$unroll" ./unroll_alone
OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=2 expect_status 2 'install libopenmpi-dev and openmpi-bin' ./unroll_alone train --train data.tsv --out new
OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=1 ./unroll_alone train --train data.tsv --out new "${small[@]}" >/dev/null
