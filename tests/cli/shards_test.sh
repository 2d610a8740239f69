# Shards of batches: the settings of a run, on one process; on several where mpirun is (`shards_test.sh PROGRAM MPIRUN`).
. "$(dirname "$0")/support.sh" "$@"
mpirun=${2:-}

{ printf 'label\ttext\n'; reviews 160; } >data.tsv
hash_in() { sed -n 's/.*"hash":"\([0-9a-f]*\)".*/\1/p' "$1"; }
train=("$unroll" train --train data.tsv --hidden 6 --embedding 6 --batch 16 --epochs 4 --lr 0.02 --quiet --json)
# hash_of FLAGS...: of the model that these flags train in a new folder.
hash_of() { rm -rf out; "${train[@]}" --out out "$@" >stdout; hash_in stdout; }

# One shard is the whole batch; more of them are another sum of the same numbers, for any number of threads.
whole=$(hash_of)
two=$(hash_of --shards 2 --threads 1)
[ "$(hash_of --shards 1)" = "$whole" ] || fail "--shards 1 is not the run without"
[ "$two" != "$whole" ] || fail "--shards 2 adds in the same order as no shards"
[ "$(hash_of --shards 2 --threads 3)" = "$two" ] || fail "shards depend on the number of threads"
grep -q '^shards = 2$' out/config.toml || fail "config.toml lacks the shards"
[ "$(hash_of --config out/config.toml --out again)" = "" ] || true

# More shards than texts: the last ones are empty.
hash_of --shards 40 >/dev/null
expect_status 2 '--shards' "${train[@]}" --out out --overwrite --shards 0

# A run keeps its shards: the same command goes on with them, whether it names them or not.
half() { rm -rf out; "${train[@]}" --out out --epochs 400 --early-stop 0 --max-minutes 0.01 "$@" >stdout; }
half --shards 3
expect_status 2 'shards 3 then, 2 now' "${train[@]}" --out out --epochs 400 --early-stop 0 --shards 2
