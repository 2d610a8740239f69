#!/usr/bin/env bash
# The hash of a model for 1, 2, 3 and 4 threads, from a copy of the texts under another name, and from standard input:
#   bench/training-runs/same-hash.sh TRAIN.tsv[.gz] ... [-- flags of train]
# One line for each file; fails if any two hashes of a file differ. The build is build/release/unroll; UNROLL names another.
set -euo pipefail
unroll=${UNROLL:-build/release/unroll}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
files=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do files+=("$1"); shift; done
[ $# = 0 ] || shift

# hash NAME FLAGS...: trains and prints the hash.
hash() { "$unroll" train --out "$folder/$1" --quiet --json "${@:2}" | sed 's/.*"hash":"\([0-9a-f]*\)".*/\1/'; }

status=0
for file in "${files[@]}"; do
  { for threads in 1 2 3 4; do hash "$threads" --train "$file" --threads "$threads" "$@"; done
    cp "$file" "$folder/another.name"; hash copy --train "$folder/another.name" "$@"
    hash stdin --train - "$@" <"$file"; } >"$folder/hashes"
  different=$(sort -u "$folder/hashes" | wc -l)
  printf '%s\t%s runs\t%s\n' "$(basename "$file")" "$(wc -l <"$folder/hashes")" \
    "$([ "$different" = 1 ] && head -1 "$folder/hashes" || echo "$different hashes")"
  [ "$different" = 1 ] || status=1
  rm -rf "${folder:?}"/*
done
exit $status
