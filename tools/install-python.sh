#!/usr/bin/env bash
# Makes a virtual environment with the Python package `unroll` in it, from a bare Debian 12 or 13 or Ubuntu 24.04.
#
#   tools/install-python.sh [FOLDER [PACKAGES...]]     default: venv, with numpy
#
# It installs what is missing (as root or with sudo), makes the environment unless FOLDER is one, and runs `pip install .`.
set -euo pipefail
root=$(realpath "$(dirname "$0")/..")
folder=${1:-venv}
shift || true
packages=("$@")
[ ${#packages[@]} -gt 0 ] || packages=(numpy)

"$root/tools/install-dependencies.sh" --python
[ -x "$folder/bin/python" ] || /usr/bin/python3 -m venv "$folder"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check "$root" "${packages[@]}"
"$folder/bin/python" -c 'import unroll; print(f"unroll {unroll.__version__} is installed, with {unroll.threads()} threads")'
