/// The readers of the formats of word vectors. Each reads an opened file from behind its header to
/// its end.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "unroll/text/byte_window.h"
#include "unroll/text/wanted_vectors.h"

namespace unroll {

void read_text_vectors(ByteWindow& window, WantedVectors& wanted);
void read_word2vec_vectors(ByteWindow& window, WantedVectors& wanted);
/// Returns the number of words that the file's header promises.
std::size_t read_fast_text_vectors(ByteWindow& window, WantedVectors& wanted);

/// How many fields a line of text has.
std::size_t count_fields(std::string_view line);
/// Whether the last fields of a line are so many numbers.
bool ends_in_values(std::string_view line, std::size_t dimension);
/// The two numbers in word2vec's first line, `count dimension`.
struct VectorHeader {
  std::size_t rows = 0;
  std::size_t dimension = 0;
};
std::optional<VectorHeader> vector_header(std::string_view line);

/// Whether the bytes begin a fastText model.
bool is_fast_text(std::string_view beginning);
/// E of a fastText model; its bytes are in the window. Throws DataError for one of another version.
std::size_t fast_text_dimension(ByteWindow& window);

}  // namespace unroll
