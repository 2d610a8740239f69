# A disk that is full while a run is at work: status 7, the last checkpoint is whole, and the run goes on from there to the bits of
# one that had space. Needs leave to mount a small file system; without it the test is skipped (77).
. "$(dirname "$0")/support.sh" "$@"

mkdir disk
mount -t tmpfs -o size=3m tmpfs disk 2>/dev/null || { echo 'skipped: no small file system can be mounted'; exit 77; }
trap 'umount -l "$folder/disk"; rm -rf "$folder"' EXIT

{ printf 'label\ttext\n'; reviews 200; } >data.tsv
train() { "$unroll" train --train data.tsv --hidden 16 --embedding 16 --lr 0.01 --epochs 60 --early-stop 0 --batch 16 --quiet "$@"; }
hash_of() { sed -n 's/^hash *//p' "$1"; }
train --out whole >whole.txt

# fill: no byte is left.
fill() { dd if=/dev/zero of=disk/filler bs=4096 >/dev/null 2>&1 || true; dd if=/dev/zero of=disk/filler2 bs=1 count=4096 >/dev/null 2>&1 || true; }

# The disk fills up while the run writes a checkpoint at every step, three times.
for again in 1 2 3; do
  train --out disk/run --checkpoint-minutes 1e-6 >out.txt 2>err.txt & job=$!
  for k in $(seq 200); do
    [ "$(cat disk/run/metrics.jsonl 2>/dev/null | grep -c checkpoint || true)" -gt $((again * 20)) ] && break
    kill -0 $job 2>/dev/null || break
    sleep 0.05
  done
  fill
  status=0; wait $job || status=$?
  [ "$status" = 7 ] || { cat err.txt >&2; fail "a full disk ended the run with $status"; }
  grep -q 'No space left on device' err.txt || fail "the error does not say what is wrong: $(cat err.txt)"
  [ -z "$(find disk -name '*.tmp')" ] || fail "a temporary file is left"
  "$unroll" inspect disk/run >/dev/null || fail "the model of a run on a full disk can't be read"
  rm -f disk/filler disk/filler2
done
"$unroll" train --train data.tsv --hidden 16 --embedding 16 --lr 0.01 --epochs 60 --early-stop 0 --batch 16 --out disk/run >done.txt 2>err.txt || { cat err.txt >&2; fail "the run does not go on"; }
grep -q '^resume  from epoch' err.txt || fail "the last checkpoint was not read: $(head -3 err.txt)"
[ "$(hash_of whole.txt)" = "$(hash_of done.txt)" ] || fail "a run that met a full disk ends with another model"
echo 'full disk: all as documented'
