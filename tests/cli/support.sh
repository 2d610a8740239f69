# Sourced by the tests of the program: `bash <test>.sh PROGRAM`. Each runs in a folder of its own.
set -euo pipefail
unroll=$(realpath "$1")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

fail() { echo "FAILED: $*" >&2; exit 1; }

# expect_status STATUS TEXT COMMAND...: the command ends with STATUS and says TEXT on stderr (a fixed string).
expect_status() {
  local expected=$1 text=$2 status=0
  shift 2
  "$@" >stdout 2>stderr || status=$?
  [ "$status" = "$expected" ] || { cat stderr >&2; fail "status $status, expected $expected: $*"; }
  grep -qF -- "$text" stderr || { cat stderr >&2; fail "stderr lacks \"$text\": $*"; }
}

# reviews ROWS: labelled texts that a small model learns at once, label TAB text.
reviews() {
  awk -v rows="$1" 'BEGIN {
    split("good great lovely fine splendid", good); split("bad awful poor dull dreadful", bad)
    split("film book room meal phone", thing)
    for (k = 0; k < rows; k++) {
      word = k % 2 ? good[k % 5 + 1] : bad[k % 5 + 1]
      print (k % 2 ? "pos" : "neg") "\tthis " thing[int(k / 5) % 5 + 1] " is " word " number " k
    }
  }'
}

# only_run_files FOLDER: it holds a model, and besides nothing but the files of a run (docs/training-runs.md).
only_run_files() {
  local others
  others=$(ls -A "$1" | grep -vxE 'model\.safetensors|last\.ckpt|metrics\.jsonl|log\.txt|config\.toml|report\.html' | tr '\n' ' ' || true)
  [ -z "$others" ] || fail "$1 holds $others"
  [ -s "$1/model.safetensors" ] || fail "$1 holds no model"
}

# sanitized: whether the program was built with a sanitizer, whose memory and threads are not the program's.
sanitized() { grep -qaE '__[at]san_init' "$unroll"; }

# Flags for a model that trains in a moment.
small=(--hidden 8 --embedding 8 --epochs 6 --lr 0.02 --quiet)
