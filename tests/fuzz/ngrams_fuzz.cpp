// N-grams: a counter's keys are different, an index of any rising keys numbers these and no others,
// and keys that do not rise are refused. Lines of the input are texts, its bytes are keys.
#include <algorithm>
#include <cstring>
#include <set>
#include <vector>

#include "tests/fuzz/target.h"
#include "unroll/text/encoder.h"
#include "unroll/text/lines.h"
#include "unroll/text/ngram_index.h"
#include "unroll/text/ngrams.h"

using namespace unroll;

namespace {

constexpr NgramSettings kSettings;

SparseCounts count(std::string_view input) {
  EncoderSettings settings;
  settings.tokenizer.kind = TokenizerKind::kSpace;
  std::vector<std::string_view> texts;
  LineReader lines(input);
  for (Line line; lines.next(line);) texts.push_back(line.text);
  SparseCounts rows;
  NgramCounter counter(kSettings);
  for (const TokenizedText& text : tokenize(texts, settings)) {
    counter.count(text.tokens);
    const std::set<std::uint32_t> different(counter.keys().begin(), counter.keys().end());
    require(different.size() == counter.keys().size(), "a text's keys are different");
    require(counter.counts().size() == counter.keys().size(), "a count for each key");
    require(std::ranges::find(counter.counts(), 0) == counter.counts().end(), "what is counted is");
    rows.append(counter.keys(), counter.counts());
  }
  return rows;
}

void check(const NgramIndex& index) {
  const auto keys = index.keys().values();
  for (std::size_t k = 0; k < keys.size(); ++k) {
    require(index.number(keys[k]) == k, "a key's number is its place");
    const bool next_is_known = k + 1 < keys.size() && keys[k + 1] == keys[k] + 1;
    require(next_is_known || keys[k] + 1 == 0 || index.number(keys[k] + 1) == NgramIndex::kNone,
            "a key that is not there has no number");
  }
}

Tensor<std::uint32_t> keys_in(std::string_view input) {
  Tensor<std::uint32_t> keys;
  if (input.size() < sizeof(std::uint32_t)) return keys;
  keys.resize({input.size() / sizeof(std::uint32_t)});
  std::memcpy(keys.values().data(), input.data(), keys.size() * sizeof(std::uint32_t));
  return keys;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = text_of(data, size);
  accept_errors([&] { check(NgramIndex(keys_in(input))); });
  accept_errors([&] {
    SparseCounts rows = count(input);
    const NgramIndex index(rows, 2);
    check(index);
    index.number_columns(rows);
    for (const std::uint32_t column : rows.columns)
      require(column < index.size(), "columns are numbers of the index");
  });
  return 0;
}
