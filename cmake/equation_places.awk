# awk -f equation_places.awk FILE...: where each equation stands, as C++.
#
# In code a comment that begins with IDs in square brackets, `// [RNN-dW] [LSTM-dW] ∂L/∂W = …`, on the line
# of the equation or before it; in the derivations a line that begins with the ID in bold, `**RNN-dW**`.

function entry(id, text) {
  gsub(/\\/, "\\\\", text)
  gsub(/"/, "\\\"", text)
  printf "    {\"%s\", \"%s\", %d, \"%s\"},\n", id, FILENAME, FNR, text
}

BEGIN {
  print "// Made by cmake/equation_places.awk from the sources and the derivations."
  print "#include \"unroll/tools/lab/proofs/ledger.h\"\n"
  print "namespace unroll {\n\nnamespace {\n\nconstexpr EquationPlace kPlaces[] = {"
}

FILENAME ~ /\.md$/ {
  if (match($0, /^\*\*[A-Z]+(-[A-Za-z0-9-]+)?\*\*/)) entry(substr($0, 3, RLENGTH - 4), "")
  next
}

match($0, /\/\/\/? (\[[A-Z]+(-[A-Za-z0-9-]+)?\] )+/) {
  ids = substr($0, RSTART, RLENGTH)
  text = substr($0, RSTART + RLENGTH)
  while (match(ids, /\[[^\]]*\]/)) {
    entry(substr(ids, RSTART + 1, RLENGTH - 2), text)
    ids = substr(ids, RSTART + RLENGTH)
  }
}

END {
  print "};\n\n}  // namespace\n"
  print "std::span<const EquationPlace> equation_places() {\n  return kPlaces;\n}\n\n}  // namespace unroll"
}
