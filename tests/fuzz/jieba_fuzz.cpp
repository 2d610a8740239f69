// The dictionaries of jieba and of its users: they are read or refused; a text's pieces are the
// text, also by the dictionary that a model file would hold. Zeros part the input: a dictionary, a
// user's, a text.
#include <array>

#include "tests/fuzz/target.h"
#include "tests/text/jieba_support.h"
#include "unroll/text/utf8.h"

using namespace unroll;

namespace {

using Parts = std::array<std::string, 3>;

Parts parts_of(std::string_view input) {
  Parts parts;
  for (std::string& part : parts) {
    const std::size_t end = std::min(input.find('\0'), input.size());
    part = input.substr(0, end);
    input.remove_prefix(std::min(end + 1, input.size()));
  }
  return parts;
}

/// A jieba with the tables of the tests, whose dictionaries the inputs overwrite.
struct Folder {
  TempFolder folder;
  std::string path = test::write_jieba(folder);
};

std::vector<std::string> pieces(const JiebaDictionary& dictionary, std::string_view text) {
  JiebaCutter cutter = dictionary.cutter();
  std::vector<std::string> result;
  for (const std::string_view piece : cutter(text)) result.emplace_back(piece);
  return result;
}

void check(const JiebaDictionary& dictionary, std::string_view text) {
  const std::vector<std::string> cut = pieces(dictionary, text);
  std::string together;
  for (const std::string& piece : cut) {
    require(!piece.empty(), "no piece is empty");
    together += piece;
  }
  require(together == text, "the pieces are the text");
  const auto again = JiebaDictionary::unpack(dictionary.total(), dictionary.packed_words(),
                                             dictionary.packed_hmm());
  require(pieces(again, text) == cut, "a dictionary comes back from a model file as it was");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Folder jieba;
  const auto [words, users, text] = parts_of(text_of(data, size));
  if (invalid_utf8(text)) return 0;
  accept_errors([&] {
    jieba.folder.write("dict.txt", words);
    check(read_jieba({jieba.path, jieba.folder.write("users", users)}), text);
  });
  return 0;
}
