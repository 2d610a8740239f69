#!/usr/bin/env bash
# From a bare machine to a trained text classifier: installs what is missing, builds `unroll`, gets data, trains, tests and
# uses the model. Run it again at any time; what is done is not done twice, but training is.
#
#   tools/quickstart.sh                     Chinese review sentences (where they can't be fetched: package descriptions)
#   tools/quickstart.sh --data packages     descriptions of Debian's packages, in English, with their section as label
#   tools/quickstart.sh FILE                your own labelled texts: TSV, CSV, JSON lines or __label__ lines
set -euo pipefail

usage() { sed -n '5,7p' "$0" | cut -c3- >&2; exit 2; }
set_name=reviews
file=
while [ $# -gt 0 ]; do
  case $1 in
    --data) [ $# -ge 2 ] || usage; set_name=$2; shift 2 ;;
    -*) usage ;;
    *) [ -z "$file" ] || usage; file=$(realpath -- "$1"); shift ;;
  esac
done
case $set_name in reviews | packages) ;; *) usage ;; esac
[ -z "$file" ] || [ -r "$file" ] || { echo "quickstart: $file can't be read" >&2; exit 3; }

cd "$(dirname "$0")/.."
unroll=build/release/unroll
bold= plain=
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m' plain=$'\e[0m'; fi
step() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
show() { # show COMMAND...: prints the command as one would type it, then runs it
  printf '$'; printf ' %q' "$@"; printf '\n'
  "$@"
}

step "1  Install what is missing, build"
tools/install-dependencies.sh
cmake --preset release >/dev/null
cmake --build --preset release --target unroll

step "2  Get the data"
if [ -n "$file" ]; then
  set_name=$(basename "$file")
  set_name=${set_name%%.*}
  data=data/own-$set_name
  rm -rf "$data"
else
  data=data/$set_name
  if [ ! -s "$data/all.tsv" ] && ! tools/fetch-data.sh "$set_name" "$data/all.tsv"; then
    echo "The reviews can't be fetched from here; taking the descriptions of Debian's packages instead." >&2
    set_name=packages
    data=data/packages
    [ -s "$data/all.tsv" ] || tools/fetch-data.sh packages "$data/all.tsv"
  fi
  file=$data/all.tsv
fi
show "$unroll" data split "$file" --out "$data" --unique --overwrite

step "3  Train"
epochs=()
case $set_name in reviews) epochs=(--epochs 4) ;; packages) epochs=(--epochs 4) ;; esac
run=runs/$set_name
show "$unroll" train --train "$data/train.tsv" --dev "$data/dev.tsv" --out "$run" --overwrite "${epochs[@]}"

step "4  Test"
show "$unroll" test "$run" "$data/test.tsv"

step "5  Use"
case $set_name in
  reviews) printf '%s\n' '这本书写得真好，一口气读完了。' '房间又小又脏，再也不会来了。' '物流很快，质量也不错，推荐购买！' '用了两天就坏了，客服还不理人。' ;;
  packages) printf '%s\n' 'fast regular expression library for Rust' 'puzzle game with falling blocks' 'bindings for the audio mixer - development files' 'TrueType font for Thai' ;;
  *) sed -n '2,5p' "$data/test.tsv" | cut -f2 ;;
esac >"$run/examples.txt"
echo "\$ $unroll predict $run $run/examples.txt --prob"
"$unroll" predict "$run" "$run/examples.txt" --prob | paste - "$run/examples.txt" | cut -c1-200

cat <<END

The model is in $run. What to try next:
  $unroll predict $run                     type a text, press Enter
  $unroll predict $run FILE --top 3        the three most probable labels of each line
  $unroll inspect $run                     what is in the model
  $unroll train --train $data/train.tsv --dev $data/dev.tsv --out runs/rnn --cell rnn --activation relu --recurrent-init identity
  tools/quickstart.sh FILE.tsv             the same with your own texts: columns label and text
  $unroll --help
END
