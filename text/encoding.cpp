#include "unroll/text/encoding.h"

#include <unicode/uchar.h>
#include <unicode/ulocdata.h>
#include <unicode/uscript.h>
#include <unicode/uset.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "unroll/text/decoder.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

// ----------------------------------------------------------------------------------------- UTF-16

/// Such a text is valid UTF-8 where it is of Latin, Greek, Cyrillic … letters alone: then so many
/// bytes are zeros and other controls.
constexpr double kControlsOfUtf16 = 0.25;
constexpr double kAsciiOfUtf16 = 0.01;  // line ends alone are about as many in Chinese

struct Utf16Count {
  std::size_t units = 0;
  std::size_t ascii = 0;    // blanks, line ends, digits and small letters of ASCII
  std::size_t foreign = 0;  // surrogates alone, private use, and what Unicode leaves free
};

char16_t unit_at(std::string_view bytes, std::size_t offset, bool big) {
  const auto first = static_cast<unsigned char>(bytes[offset + (big ? 0 : 1)]);
  const auto second = static_cast<unsigned char>(bytes[offset + (big ? 1 : 0)]);
  return static_cast<char16_t>(first << 8 | second);
}

/// Capitals are left out: in the wrong order, the commonest Chinese character is an N.
bool is_frequent(char16_t unit) {
  return unit == '\n' || unit == '\r' || unit == '\t' || unit == ' ' ||
         (unit >= '1' && unit <= '9') || (unit >= 'a' && unit <= 'z');
}

Utf16Count count_units(std::string_view bytes, bool big) {
  Utf16Count count;
  for (std::size_t offset = 0; offset + 1 < bytes.size(); offset += 2) {
    const char16_t unit = unit_at(bytes, offset, big);
    ++count.units;
    count.ascii += is_frequent(unit);
    count.foreign += unit == 0 || u_isdefined(unit) == 0 || u_charType(unit) == U_PRIVATE_USE_CHAR;
  }
  return count;
}

/// The part of the bytes that no text of bytes has, but for a few.
double share_of_controls(std::string_view bytes) {
  const auto is_control = [](char c) {
    return c >= 0 && c < ' ' && std::string_view("\t\n\r").find(c) == std::string_view::npos;
  };
  return static_cast<double>(std::ranges::count_if(bytes, is_control)) /
         static_cast<double>(bytes.size());
}

bool reads_as(const Utf16Count& count, const Utf16Count& other, bool may_be_utf8) {
  const auto units = static_cast<double>(count.units);
  const bool has_ascii =
      count.ascii > 1 && static_cast<double>(count.ascii) > kAsciiOfUtf16 * units;
  const bool is_this_order = count.ascii > 10 * other.ascii;
  const bool is_text = static_cast<double>(count.foreign) < kAsciiOfUtf16 * units;
  return has_ascii && is_this_order && is_text && !may_be_utf8;
}

// ------------------------------------------------------------------------------ other encodings

struct Candidate {
  const char* encoding;
  std::vector<const char*> languages;
  double doubt = 0;  ///< taken off the fit: few files have it, or every byte of it is a letter
};

/// The encodings that files have which are not UTF-8, the commonest first: where two make the same
/// text of the bytes, the first is named.
const std::vector<Candidate>& candidates() {
  constexpr double kDoubt = 0.15;
  static const std::vector<Candidate> list = {
      {"windows-1252", {"fr", "de", "es", "pt", "it", "nl", "sv", "da", "nb", "fi", "is"}},
      {"GB18030", {"zh", "zh_Hant"}},
      {"Big5", {"zh_Hant"}},
      {"Shift_JIS", {"ja"}},
      {"EUC-JP", {"ja"}},
      {"EUC-KR", {"ko"}},
      {"windows-949", {"ko"}, kDoubt},
      {"windows-1251", {"ru", "uk", "bg", "sr", "mk", "be"}},
      {"KOI8-R", {"ru"}},
      {"KOI8-U", {"uk"}},
      {"IBM866", {"ru"}},
      {"ISO-8859-5", {"ru", "sr"}},
      {"windows-1250", {"pl", "cs", "sk", "hu", "ro", "sl", "hr"}},
      {"ISO-8859-2", {"pl", "cs", "sk", "hu", "ro", "sl", "hr"}},
      {"windows-1253", {"el"}},
      {"windows-1254", {"tr", "az"}},
      {"windows-1255", {"he"}},
      {"windows-1256", {"ar", "fa", "ur"}, kDoubt},
      {"windows-1257", {"lt", "lv", "et"}},
      {"windows-1258", {"vi"}, kDoubt},
      {"windows-874", {"th"}, kDoubt},
      {"IBM850", {"fr", "de", "es", "pt", "it", "nl", "sv"}, kDoubt},
      {"macintosh", {"fr", "de", "es", "pt", "it", "nl", "sv"}, kDoubt}};
  return list;
}

struct CloseSet {
  void operator()(USet* set) const { uset_close(set); }
};
using Set = std::unique_ptr<USet, CloseSet>;

/// What a language is written with, by Unicode's locale data; both cases.
class Letters {
 public:
  explicit Letters(const char* language)
      : common_(of(language, ULOCDATA_ES_STANDARD)), rare_(of(language, ULOCDATA_ES_AUXILIARY)) {}
  bool has(UChar32 character) const { return uset_contains(common_.get(), character) != 0; }
  bool has_rarely(UChar32 character) const { return uset_contains(rare_.get(), character) != 0; }

 private:
  static Set of(const char* language, ULocaleDataExemplarSetType type) {
    UErrorCode error = U_ZERO_ERROR;
    Set set(uset_openEmpty());
    ULocaleData* const locale = ulocdata_open(language, &error);
    ulocdata_getExemplarSet(locale, set.get(), USET_ADD_CASE_MAPPINGS, type, &error);
    ulocdata_close(locale);
    return set;
  }

  Set common_;
  Set rare_;
};

constexpr UChar32 kNone = 0;

/// Three characters in a row; kNone at the ends of a line and for what is undecodable.
struct Neighbours {
  UChar32 before;
  UChar32 here;
  UChar32 behind;
};

bool is_ascii_letter(UChar32 character) {
  return character < 0x80 && u_isalpha(character) != 0;
}

bool is_foreign_letter(UChar32 character) {
  return character >= 0x80 && u_isalpha(character) != 0;
}

bool is_of_columns(UScriptCode script) {  // written without spaces, with Latin words between
  return script == USCRIPT_HAN || script == USCRIPT_HIRAGANA || script == USCRIPT_KATAKANA ||
         script == USCRIPT_HANGUL || script == USCRIPT_THAI;
}

UScriptCode script_of(UChar32 character) {
  UErrorCode error = U_ZERO_ERROR;
  return uscript_getScript(character, &error);
}

/// Signs that stand in texts of many languages: quotes, dashes, currencies, full-width commas.
bool is_common_sign(UChar32 character) {
  return (character >= 0x2010 && character <= 0x203A) || character == 0x20AC ||
         character == 0x2122 || (character >= 0x3001 && character <= 0x3011) ||
         (character >= 0xFF01 && character <= 0xFF5E) ||
         std::u32string_view(U"\u00A0£§©«®°·»¿¡").find(static_cast<char32_t>(character)) !=
             std::u32string_view::npos;
}

/// Whether a letter stands where its kind does not: in the middle of a Latin word, or a capital
/// behind a small letter.
bool is_out_of_place(const Neighbours& at) {
  if (u_isupper(at.here) != 0 && u_islower(at.before) != 0) return true;
  const UScriptCode script = script_of(at.here);
  const bool after = is_ascii_letter(at.before), before = is_ascii_letter(at.behind);
  if (script == USCRIPT_LATIN) return is_foreign_letter(at.before);
  return is_of_columns(script) ? after && before : after || before;
}

/// Whether a sign stands within a Latin word, where only an apostrophe does.
bool splits_a_word(const Neighbours& at) {
  constexpr UChar32 kApostrophe = 0x2019;
  return is_ascii_letter(at.before) && is_ascii_letter(at.behind) && at.here != kApostrophe;
}

/// How well a character that is not ASCII fits, from -3 to 1.
double fit(const Neighbours& at, const Letters& letters) {
  constexpr double kUnfit = -1, kImpossible = -3, kSign = 0.8, kRare = 0.3, kShouted = 0.5;
  if (at.here == kNone || u_iscntrl(at.here) != 0) return kImpossible;
  if (is_common_sign(at.here)) return splits_a_word(at) ? kUnfit : kSign;
  const bool is_known = letters.has(at.here);
  if (!is_known && !letters.has_rarely(at.here)) return kUnfit;
  if (is_out_of_place(at)) return script_of(at.here) == USCRIPT_LATIN ? 0 : kUnfit;
  if (u_isupper(at.here) != 0 && u_isalpha(at.before) != 0) return kShouted;
  return is_known ? 1 : kRare;
}

std::vector<UChar32> characters_of(std::string_view text) {
  std::vector<UChar32> characters;
  for (std::size_t offset = 0; offset < text.size();) {
    const auto character = next_character(text, offset);
    if (!character) ++offset;
    characters.push_back(character ? static_cast<UChar32>(*character) : kNone);
  }
  return characters;
}

/// What words of a language with vowels have too few or too many of: 0 where that is not known.
double misfit_of_vowels(const std::vector<UChar32>& text) {
  constexpr std::u32string_view kVowels = U"аеёиоуыэюяіїєАЕЁИОУЫЭЮЯІЇЄαεηιουωάέήίόύώΑΕΗΙΟΥΩ";
  constexpr double kFewest = 0.3, kMost = 0.65, kMisfit = 0.3;
  double letters = 0, vowels = 0;
  for (const UChar32 character : text) {
    const UScriptCode script = script_of(character);
    letters += script == USCRIPT_CYRILLIC || script == USCRIPT_GREEK;
    vowels += kVowels.find(static_cast<char32_t>(character)) != std::u32string_view::npos;
  }
  if (letters == 0) return 0;
  return vowels < kFewest * letters || vowels > kMost * letters ? kMisfit : 0;
}

/// The mean over the characters that are not ASCII.
double mean_fit(const std::vector<UChar32>& text, const Letters& letters) {
  double sum = 0, count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] < 0x80 && text[i] != kNone) continue;
    sum += fit({i == 0 ? kNone : text[i - 1], text[i], i + 1 == text.size() ? kNone : text[i + 1]},
               letters);
    ++count;
  }
  return count == 0 ? 0 : sum / count;
}

/// The lines that are not ASCII: only they tell.
std::string sample_of(std::string_view content) {
  constexpr std::size_t kSampleBytes = 1 << 15;
  std::string sample;
  while (!content.empty() && sample.size() < kSampleBytes) {
    const std::size_t end = std::min(content.find('\n'), content.size() - 1) + 1;
    const std::string_view line = content.substr(0, end);
    const bool is_ascii = std::ranges::all_of(line, [](char c) { return (c & 0x80) == 0; });
    if (!is_ascii) sample += line.substr(0, kSampleBytes);
    content.remove_prefix(end);
  }
  return sample;
}

std::string decoded(const std::string& sample, const char* encoding) {
  Decoder decoder(encoding);
  std::string text;
  decoder.decode(sample, text);
  return text;
}

struct Guess {
  std::string encoding;
  std::string text;
  double fit;
};

std::vector<Guess> guesses(const std::string& sample) {
  std::vector<Guess> list;
  for (const Candidate& candidate : candidates()) {
    std::string text = decoded(sample, candidate.encoding);
    if (std::ranges::find(list, text, &Guess::text) != list.end()) continue;
    const auto characters = characters_of(text);
    double best = -1;
    for (const char* language : candidate.languages)
      best = std::max(best, mean_fit(characters, Letters(language)));
    list.push_back({candidate.encoding, std::move(text),
                    best - candidate.doubt - misfit_of_vowels(characters)});
  }
  std::ranges::stable_sort(list, std::greater<>(), &Guess::fit);
  return list;
}

/// Encodings of seven bits, which switch by escape sequences: they are valid UTF-8.
std::optional<std::string> escaped_encoding(std::string_view content) {
  for (const char* japanese : {"\x1b$B", "\x1b$@"}) {
    if (content.find(japanese) != std::string_view::npos) return "ISO-2022-JP";
  }
  return content.find("\x1b$)C") == std::string_view::npos ? std::nullopt
                                                           : std::optional("ISO-2022-KR");
}

}  // namespace

double share_of_zeros(std::string_view bytes) noexcept {
  const std::size_t first = bytes.find('\0');  // most texts have none
  if (first == bytes.npos) return 0;
  return static_cast<double>(std::ranges::count(bytes.substr(first), '\0')) /
         static_cast<double>(bytes.size());
}

std::string utf32_of(std::string_view beginning) {
  const std::size_t whole = beginning.size() / 4 * 4;
  if (whole == 0) return "";
  bool little = true, big = true;  // the highest byte is always zero, and the next one nearly
  for (std::size_t offset = 0; offset < whole; offset += 4) {
    little = little && beginning[offset + 3] == '\0' && beginning[offset + 2] <= 0x10 &&
             beginning[offset + 2] >= 0;
    big = big && beginning[offset] == '\0' && beginning[offset + 1] <= 0x10 &&
          beginning[offset + 1] >= 0;
  }
  if (little == big) return "";  // nothing but zeros is both
  return little ? "UTF-32LE" : "UTF-32BE";
}

std::string utf16_of(std::string_view beginning) {
  if (!utf32_of(beginning).empty()) return "";
  if (beginning.starts_with("\xFF\xFE")) return "UTF-16LE";
  if (beginning.starts_with("\xFE\xFF")) return "UTF-16BE";
  if (beginning.find('\0') == std::string_view::npos) return "";
  const bool may_be_utf8 =
      share_of_controls(beginning) < kControlsOfUtf16 && !invalid_utf8(whole_characters(beginning));
  const Utf16Count little = count_units(beginning, false), big = count_units(beginning, true);
  if (reads_as(little, big, may_be_utf8)) return "UTF-16LE";
  return reads_as(big, little, may_be_utf8) ? "UTF-16BE" : "";
}

std::vector<std::string> likely_encodings(std::string_view content) {
  constexpr double kLeastFit = 0.35, kClose = 0.1;
  if (const auto escaped = escaped_encoding(content)) return {*escaped};
  const std::vector<Guess> list = guesses(sample_of(content));
  if (list.front().fit < kLeastFit) return {};
  std::vector<std::string> names{list[0].encoding};
  if (list[1].fit >= list[0].fit - kClose) names.push_back(list[1].encoding);
  return names;
}

}  // namespace unroll
