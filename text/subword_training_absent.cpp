// Builds without SentencePiece have this file in place of subword_training.cpp.
#include "unroll/core/error.h"
#include "unroll/text/subword_training.h"

namespace unroll {

bool can_train_subwords() noexcept {
  return false;
}

Subwords train_subwords(std::span<const std::string_view>, const FoldSettings&, std::size_t) {
  throw UsageError(
      "the tokenizer subword can't be trained, because unroll was built without SentencePiece: "
      "install libsentencepiece-dev and build again (its models are used without it)");
}

}  // namespace unroll
