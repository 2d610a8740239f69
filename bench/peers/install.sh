# Sourced by bench/compare.sh in the repository's root: installs the libraries that we are raced against, and prepares the build of
# their modules.
#
# PyTorch and ONNX Runtime come from pip, with pip's own settings: PIP_INDEX_URL may name an index of wheels for the CPU alone, a tenth of the size.
tools/install-dependencies.sh --peers

python=build/peers/venv/bin/python
[ -x "$python" ] || python3 -m venv --clear build/peers/venv

# apt_peer PACKAGE: of Debian and Ubuntu, but not on every kind of CPU.
apt_peer() {
  dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed && return
  echo "Installing $1" >&2
  local as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  { "${as_root[@]}" apt-get update -q &&
    "${as_root[@]}" apt-get install -y -q --no-install-recommends "$1"; } >/dev/null ||
    echo "bench/peers: apt-get can't install $1; the tables will be without it" >&2
}
apt_peer libxsmm-dev

# pip_peer PACKAGE VERSION [pip's flags]: exactly this version in the venv.
pip_peer() {
  "$python" -c "import importlib.metadata as m; exit(m.version('$1').split('+')[0] != '$2')" 2>/dev/null && return
  echo "Installing $1 $2 in build/peers/venv" >&2
  "$python" -m pip install --quiet "$1==$2" "${@:3}" ||
    echo "bench/peers: pip can't install $1 $2; the tables will be without it" >&2
}
pip_peer torch 2.13.0
pip_peer onnxruntime 1.32.0 --no-deps # its library alone

cmake --preset release -DUNROLL_BENCH_PEERS=ON >/dev/null
