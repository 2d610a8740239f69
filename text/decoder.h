/// Decoder: text of another encoding becomes UTF-8 as it arrives, by ICU's converters.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace unroll {

class Decoder {
 public:
  /// Stands in the UTF-8 for bytes that are nothing in the encoding. No UTF-8 has this byte: who
  /// checks the text finds the place.
  static constexpr char kUndecodable = '\xFF';

  /// Throws UsageError if ICU knows no encoding of that name.
  explicit Decoder(const std::string& encoding);
  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  /// Appends the bytes as UTF-8; a character may begin in one call and end in the next.
  void decode(std::string_view bytes, std::string& text);
  /// Says that no more bytes will come: a character that has only begun is undecodable.
  void finish(std::string& text);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace unroll
