#include "unroll/text/decoder.h"

#include <fmt/format.h>
#include <unicode/ucnv.h>
#include <unicode/ucnv_cb.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#include <array>
#include <cstdint>

#include "unroll/core/error.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

constexpr std::size_t kBufferUnits = 1 << 14;
/// A surrogate alone, which no decoded text holds: it marks what can't be decoded.
constexpr char16_t kMark = 0xDFFF;

/// Called by ICU for bytes that are no character of the encoding.
void mark_undecodable(const void*, UConverterToUnicodeArgs* arguments, const char*, int32_t,
                      UConverterCallbackReason reason, UErrorCode* error) {
  if (reason > UCNV_IRREGULAR) return;  // it is told of a reset or the end
  *error = U_ZERO_ERROR;
  ucnv_cbToUWriteUChars(arguments, &kMark, 1, 0, error);
}

struct CloseConverter {
  void operator()(UConverter* converter) const { ucnv_close(converter); }
};
using Converter = std::unique_ptr<UConverter, CloseConverter>;

Converter open(const std::string& encoding) {
  UErrorCode error = U_ZERO_ERROR;
  Converter converter(encoding.empty() ? nullptr : ucnv_open(encoding.c_str(), &error));
  return U_FAILURE(error) ? nullptr : std::move(converter);
}

}  // namespace

struct Decoder::Implementation {
  void decode(std::string_view bytes, bool is_end, std::string& text);
  void append(std::size_t units, std::string& text);
  void append_character(UChar32 character, std::string& text) const;

  Converter converter;
  std::array<char16_t, kBufferUnits> buffer;
  char16_t lead = 0;  // the first half of a character that the next buffer ends
};

void Decoder::Implementation::decode(std::string_view bytes, bool is_end, std::string& text) {
  const char* source = bytes.data();
  UErrorCode error = U_ZERO_ERROR;
  do {
    error = U_ZERO_ERROR;
    char16_t* target = buffer.data();
    ucnv_toUnicode(converter.get(), &target, buffer.data() + buffer.size(), &source,
                   bytes.data() + bytes.size(), nullptr, static_cast<UBool>(is_end), &error);
    append(static_cast<std::size_t>(target - buffer.data()), text);
  } while (error == U_BUFFER_OVERFLOW_ERROR);
}

void Decoder::Implementation::append(std::size_t units, std::string& text) {
  for (const char16_t unit : std::u16string_view(buffer.data(), units)) {
    if (U16_IS_LEAD(unit)) {
      lead = unit;
    } else if (U16_IS_TRAIL(unit)) {
      const bool is_pair = lead != 0;
      is_pair ? append_character(U16_GET_SUPPLEMENTARY(lead, unit), text)
              : text.push_back(kUndecodable);
      lead = 0;
    } else {
      append_character(unit, text);
    }
  }
}

void Decoder::Implementation::append_character(UChar32 character, std::string& text) const {
  std::array<char, U8_MAX_LENGTH> bytes;
  std::size_t size = 0;
  U8_APPEND_UNSAFE(bytes.data(), size, character);
  text.append(bytes.data(), size);
}

Decoder::Decoder(const std::string& encoding)
    : implementation_(std::make_unique<Implementation>()) {
  implementation_->converter = open(encoding);
  if (!implementation_->converter) {
    throw mended_by({"encoding"},
                    UsageError(fmt::format("there is no encoding {}; some that there are: GB18030, "
                                           "Big5, Shift_JIS, EUC-JP, EUC-KR, windows-1250 to "
                                           "windows-1258, ISO-8859-1, KOI8-R, UTF-16LE",
                                           in_quotes(encoding))));
  }
  UErrorCode error = U_ZERO_ERROR;
  ucnv_setToUCallBack(implementation_->converter.get(), mark_undecodable, nullptr, nullptr, nullptr,
                      &error);
}

Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

void Decoder::decode(std::string_view bytes, std::string& text) {
  implementation_->decode(bytes, false, text);
}

void Decoder::finish(std::string& text) {
  implementation_->decode("", true, text);
}

}  // namespace unroll
