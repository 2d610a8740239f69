#!/usr/bin/env bash
# The hot loops of the tiles (kernels/tiles-inl.h) store nothing to the stack: their sums stay in registers.
#
#   tile_registers_test.sh OBJDUMP OBJECT LARGEST     LARGEST: multiply-adds in the largest loop, of the largest tile
#
# A hot loop is an innermost loop of which two fifths and at least 16 are multiply-adds, in one of the kernels named below,
# for floats. In smaller ones, of two or three rows, GCC 12 leaves a store behind that nobody reads; they wait for weights.
set -euo pipefail
"$1" -d --no-show-raw-insn "$2" | awk -v largest="$3" '
  function look_at_loop(first, last,   i, fused, stores) {
    for (i = first; i <= last; i++) {
      if (text[i] ~ /vfmadd|vdpbf16ps/) fused++
      if (text[i] ~ /^v?mov[a-z0-9]* +%[xyz]mm[0-9]+,-?(0x[0-9a-f]+)?\(%r[sb]p/) stores++
    }
    if (fused < 16 || fused < 0.4 * (last - first + 1)) return
    loops++
    if (fused > most) most = fused
    if (stores > 0) { print kernel " a loop of " fused " multiply-adds stores " stores " vectors to the stack"; bad = 1 }
  }
  /^[0-9a-f]+ <.*>:$/ {
    kernel = $2
    wanted = kernel ~ /(sum_block|sum_rows|sum_deltas|packed_product|packed_product_of_three_gates|packed_product_of_four_gates|sum_gru_block|add_gradients)IN5xsimd5batchIf/
    lines = 0; last_loop_end = 0
    next
  }
  wanted && /^ *[0-9a-f]+:/ {
    address = $1; sub(":", "", address)
    line[address] = ++lines
    text[lines] = $0; sub(/^ *[0-9a-f]+:[ \t]*/, "", text[lines])
    if (text[lines] ~ /^j/ && ($3 in line) && line[$3] > last_loop_end && line[$3] < lines) {
      look_at_loop(line[$3], lines)
      last_loop_end = lines  # what ends later around this one is not innermost
    }
  }
  /^$/ { delete line }
  END {
    print loops + 0 " loops, the largest of " most + 0 " multiply-adds"
    if (most != largest) { print "the largest should be of " largest; bad = 1 }
    exit bad
  }'
