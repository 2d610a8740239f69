/// Training of Subwords, by SentencePiece where the library was there when unroll was built.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "unroll/text/folding.h"
#include "unroll/text/subwords.h"

namespace unroll {

/// Whether this build has the trainer.
bool can_train_subwords() noexcept;

/// At most `count` pieces, fewer where the texts have not so many. On one thread: the same texts
/// give the same pieces. Texts beyond the first 8 MiB are not looked at. Throws DataError for texts
/// without a word, UsageError where this build has no trainer.
Subwords train_subwords(std::span<const std::string_view> texts, const FoldSettings& folding,
                        std::size_t count);

}  // namespace unroll
