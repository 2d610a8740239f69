#!/usr/bin/env bash
# Installs what is missing, builds, and runs all tests. Arguments go to ctest: tools/test.sh -L slow
set -euo pipefail
cd "$(dirname "$0")/.."
tools/install-dependencies.sh --test
cmake --preset release -DUNROLL_BUILD_BENCH=OFF >/dev/null # benchmarks are no tests; the preset alone builds them
cmake --build --preset release
exec ctest --preset release -j "$(nproc)" "$@"
