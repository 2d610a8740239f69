#!/usr/bin/env bash
# Installs what is missing, builds, and runs all tests. Arguments go to ctest: tools/test.sh -L slow
set -euo pipefail
cd "$(dirname "$0")/.."
tools/install-dependencies.sh --test
# Benchmarks are no tests, and the seeded mistakes of tests/mutations compile for long. The preset alone builds both.
cmake --preset release -DUNROLL_BUILD_BENCH=OFF -DUNROLL_BUILD_MUTATIONS=OFF >/dev/null
cmake --build --preset release
exec ctest --preset release -j "$(($(nproc) + 1))" "$@" # some tests only wait
