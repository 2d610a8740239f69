# The installed package: a stranger's program builds against it and predicts what `unroll predict` predicts.
# bash installed_package_test.sh PROGRAM BUILD_FOLDER CONSUMER_SOURCES CXX
build=$(realpath "$2") sources=$(realpath "$3") compiler=$4
. "$(dirname "$0")/support.sh" "$1"

cmake --install "$build" --prefix "$folder/prefix" >/dev/null
cmake -S "$sources" -B consumer -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER="$compiler" \
  -DCMAKE_PREFIX_PATH="$folder/prefix" ${CONSUMER_CXX_FLAGS:+-DCMAKE_CXX_FLAGS="$CONSUMER_CXX_FLAGS"} >/dev/null
cmake --build consumer >/dev/null

# The program, what completes its command lines, and its manual are where they belong.
bash -n "$folder/prefix/share/bash-completion/completions/unroll" || fail "completion for bash"
grep -q '^#compdef unroll' "$folder/prefix/share/zsh/site-functions/_unroll" || fail "completion for zsh"
grep -q '^complete -c unroll' "$folder/prefix/share/fish/vendor_completions.d/unroll.fish" || fail "completion for fish"
grep -q '^\.TH UNROLL 1' "$folder/prefix/share/man/man1/unroll.1" || fail "manual page"

# Every installed header compiles, in one file with all others, and finds what it includes. The old names forward.
headers() { (cd "$folder/prefix/include/unroll$1" && find . -name '*.h' "${@:2}" | sed 's#^\./##' | sort); }
headers "" -not -path './detail/*' | sed 's#.*#\#include "unroll/&"#' >all.cpp
headers /detail/unroll | sed 's#.*#\#include "unroll/&"#' >>all.cpp
include=$folder/prefix/include
"$compiler" -std=c++20 -fsyntax-only -I "$include" -I "$include/unroll/detail" all.cpp 2>moved || { cat moved >&2; fail "headers"; }
grep -q 'unroll/tools/text_predictor.h is now unroll/tools/classifier/text_predictor.h' moved || fail "a moved header does not say so"
grep -q -e '/lab/' -e '/program/' all.cpp && fail "the laboratory or the program is installed: $(cat all.cpp)"
count=$(grep -cv '"unroll/tools/[a-z_]*\.h"' all.cpp)  # the old names are not counted
[ "$count" -le 50 ] || fail "$count headers are installed, 50 is the most (cmake/UnrollInstall.cmake)"

{ printf 'label\ttext\n'; reviews 120; } >data.tsv
unroll=$folder/prefix/bin/unroll
"$unroll" train --train data.tsv --out run "${small[@]}" >/dev/null
reviews 50 | cut -f2 >texts.txt
printf '一部好电影。\n\n' >>texts.txt
consumer/classify run <texts.txt >ours
cmake -S "$sources/../../examples" -B examples -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER="$compiler" \
  -DCMAKE_PREFIX_PATH="$folder/prefix" ${CONSUMER_CXX_FLAGS:+-DCMAKE_CXX_FLAGS="$CONSUMER_CXX_FLAGS"} >/dev/null
cmake --build examples >/dev/null || fail "the examples do not build against the package"
examples/homework_rnn >/dev/null || fail "homework_rnn against the package"
"$unroll" predict run texts.txt --prob | cmp - ours || fail "the program and the library predict differently"
