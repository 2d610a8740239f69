# Sourced by bench/compare-*.sh: their first comment is their help, and race() does the rest.
case "${1:-}" in -h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit ;; esac

# absolute WORD...: fills the array `words` with them; those that are files of the caller's become absolute paths. A page of --markdown is
# the repository's.
absolute() {
  local word
  words=()
  for word in "$@"; do
    [ -f "$word" ] && [[ "$word" != *.md ]] && word=$(realpath "$word")
    words+=("$word")
  done
}

# race PROGRAM TARGETS [flags...]: installs the libraries that we are raced against, builds the targets, runs bench/PROGRAM.
race() {
  local program=$1 targets=$2
  shift 2
  cd "$(dirname "$0")/.."
  . bench/peers/install.sh
  # shellcheck disable=SC2086 # the targets are words
  cmake --build --preset release --target $targets >&2
  exec "build/release/bench/$program" "$@"
}
