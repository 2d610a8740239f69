#!/usr/bin/env bash
# Installs what unroll needs from the packages of Debian 12 and 13 or Ubuntu 24.04; does nothing where all is there.
#
#   tools/install-dependencies.sh          to build and run
#   tools/install-dependencies.sh --test   also what makes more of the tests run: pandoc makes the offline pages of the
#                                          derivations, SentencePiece trains subwords, Python's jieba is compared with ours,
#                                          pybind11 makes the Python package, Boost the command serve
#   tools/install-dependencies.sh --python also what `pip install .` needs (tools/install-python.sh does both)
#   tools/install-dependencies.sh --peers  also the libraries that bench/compare-activations.sh races us against
#   tools/install-dependencies.sh --dev    also for the presets asan-ubsan and tsan, clang-format and clang-tidy
set -euo pipefail

packages=(
  g++ cmake ninja-build ca-certificates
  libopenblas-dev libxsimd-dev libgtest-dev libmpfr-dev libbenchmark-dev
  libfmt-dev nlohmann-json3-dev libcli11-dev libtomlplusplus-dev libxxhash-dev librandom123-dev
  libicu-dev zlib1g-dev
  liblzma-dev libzstd-dev # optional: read .xz and .zst
  python3-pip # fetches the default data
)
tested=(pandoc libsentencepiece-dev libboost-dev python3-jieba pybind11-dev python3-dev python3-numpy python3-pytest python3-sklearn)
case "${1:-}" in
  "") ;;
  --test) packages+=("${tested[@]}") ;;
  --python) packages+=(python3-dev python3-venv) ;;
  --peers) packages+=(libsleef-dev libeigen3-dev libdnnl-dev python3-venv) ;;
  --dev) packages+=("${tested[@]}" clang-16 clang-format-16 clang-tidy-16 libomp-16-dev libclang-rt-16-dev) ;;
  *) sed -n '2,10p' "$0" >&2; exit 2 ;;
esac

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
  echo "install-dependencies: this is not Debian or Ubuntu; install the like of: ${missing[*]}" >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "install-dependencies: run as root, or install sudo" >&2; exit 1; }
  as_root=(sudo)
fi

echo "Installing ${missing[*]}" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
if ! {
  "${as_root[@]}" apt-get update -q &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
} >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "install-dependencies: apt-get failed; its last lines are above" >&2
  exit 1
fi
