# The C interface is the one that was published. bash abi_test.sh LIBRARY HEADER C_COMPILER
set -euo pipefail
library=$(realpath "$1") header=$(realpath "$2") compiler=$3 here=$(realpath "$(dirname "$0")")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
fail() { echo "FAILED: $*" >&2; exit 1; }

compiles() { "$compiler" -std=c11 -Wall -Wextra -Werror -pedantic -fsyntax-only -I "$1" "$here/abi_1.c" 2>message; }
mkdir -p as-is/unroll
cp "$header" as-is/unroll/c.h
compiles as-is || { cat message >&2; fail "the header no longer has ABI 1"; }
"$compiler" -std=c99 -Wall -Wextra -Werror -pedantic -fsyntax-only as-is/unroll/c.h || fail "the header is not C99"

# The library exports the functions of ABI 1 and nothing else.
sed -n 's/^IS(\(unroll_[a-z_]*\),.*/\1/p' "$here/abi_1.c" | sort >recorded
nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort >exported
diff recorded exported >&2 || fail "the library exports other functions than abi_1.c records"
readelf -d "$library" | grep -q 'SONAME.*\[libunroll_c\.so\.1\]' || fail "the SONAME has not the ABI's version"

# Each of these changes must be noticed.
changed() {
  mkdir -p changed/unroll
  sed "$1" as-is/unroll/c.h >changed/unroll/c.h
  cmp -s as-is/unroll/c.h changed/unroll/c.h && fail "nothing to change: $1"
  compiles changed && fail "not noticed: $1"
  return 0
}
changed 's/^uint32_t unroll_abi_version/int32_t unroll_abi_version/'
changed 's/const char\* text, size_t size/const char* text, int size/'
changed 's/, double threshold/, float threshold/'
changed 's/^void unroll_free(unroll_model\* model)/int unroll_free(unroll_model* model)/'
changed 's/^size_t unroll_label_count(const unroll_model\* model);//'
changed 's/UNROLL_MODEL_ERROR = 5/UNROLL_MODEL_ERROR = 6/'
changed 's/int32_t\* labels,/int64_t* labels,/'
