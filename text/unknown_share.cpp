#include "unroll/text/unknown_share.h"

#include "unroll/text/lexicon.h"

namespace unroll {

namespace {

using Texts = std::span<const std::string_view>;

constexpr std::size_t kSampleBytes = std::size_t{1} << 20;

/// The first texts that have so many bytes together.
Texts first_bytes(Texts texts, std::size_t most) {
  std::size_t count = 0;
  for (std::size_t bytes = 0; count < texts.size() && bytes < most;) bytes += texts[count++].size();
  return texts.first(count);
}

double share_by(Texts texts, Texts others, const EncoderSettings& settings,
                const Vocabulary::Limits& limits) {
  const TextEncoder encoder = encoder_of(texts, settings, limits);
  TokenFigures all;
  std::vector<std::int32_t> ids;
  for_each_block(others, settings, [&](std::size_t, std::span<const TokenizedText> block) {
    for (const TokenizedText& text : block) {
      const TokenFigures figures = encoder.encode(text, ids);
      all.tokens += figures.tokens;
      all.known += figures.known;
    }
  });
  return all.tokens == 0 ? 0 : 1 - static_cast<double>(all.known) / static_cast<double>(all.tokens);
}

}  // namespace

double unknown_share(Texts texts, Texts others, const EncoderSettings& settings,
                     const Vocabulary::Limits& limits) {
  const Texts first = first_bytes(texts, kSampleBytes);
  const double share = share_by(first, first_bytes(others, kSampleBytes), settings, limits);
  if (share <= 0.5 || first.size() == texts.size()) return share;
  return share_by(first_bytes(texts, kMostBytesLookedAt), first_bytes(others, kSampleBytes),
                  settings, limits);
}

}  // namespace unroll
