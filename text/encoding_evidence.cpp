#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "unroll/text/decoder.h"
#include "unroll/text/encoding.h"
#include "unroll/text/utf8.h"
#include "unroll/text/written_language.h"

namespace unroll {

namespace {

// ------------------------------------------------------------------------------------- candidates

struct Candidate {
  const char* encoding;
  std::vector<std::string_view> languages;
  double doubt = 0;  ///< the logarithm of how much rarer it is than the commonest ones
};

constexpr double kRare = 2.5, kRarer = 4;

/// The encodings that files have which are not UTF-8, the commonest first: where two make the same
/// text of the bytes, the first is named.
const std::vector<Candidate>& candidates() {
  using Names = std::vector<std::string_view>;
  static const Names western = {"en", "fr", "de", "es", "pt", "it", "nl", "sv", "da", "fi"};
  static const Names central = {"pl", "cs", "sk", "hu", "ro", "sl"};
  static const Names cyrillic = {"ru", "uk", "bg", "sr", "mk", "be"};
  static const std::vector<Candidate> list = {{"windows-1252", western},
                                              {"windows-1252", {"is"}, kRare},
                                              {"IBM850", western, kRare},
                                              {"macintosh", western, kRare},
                                              {"GB18030", {"zh", "zh_Hant"}, 1},
                                              {"Big5", {"zh_Hant"}, 1},
                                              {"Shift_JIS", {"ja", "ja_half"}, 1},
                                              {"windows-31j", {"ja", "ja_half"}, 1.5},
                                              {"EUC-JP", {"ja", "ja_half"}, 1},
                                              {"EUC-KR", {"ko"}, 1},
                                              {"windows-949", {"ko"}, 1.5},
                                              {"windows-1251", cyrillic, 1},
                                              {"KOI8-R", {"ru"}, 1.5},
                                              {"KOI8-U", {"uk"}, 1.5},
                                              {"IBM866", {"ru", "uk", "be"}, 2},
                                              {"x-mac-cyrillic", {"ru", "uk", "bg"}, kRare},
                                              {"ISO-8859-5", cyrillic, kRare},
                                              {"windows-1250", central, 1},
                                              {"ISO-8859-2", central, 1.5},
                                              {"IBM852", central, kRarer},
                                              {"x-mac-centraleurroman", central, kRarer},
                                              {"windows-1253", {"el"}, 1},
                                              {"ISO-8859-7", {"el"}, 1.5},
                                              {"IBM737", {"el"}, kRarer},
                                              {"windows-1254", {"tr"}, 1},
                                              {"IBM857", {"tr"}, kRarer},
                                              {"windows-1255", {"he"}, 1},
                                              {"IBM862", {"he"}, kRare},
                                              {"windows-1256", {"ar", "fa", "ur"}, 1},
                                              {"ISO-8859-6", {"ar"}, kRare},
                                              {"windows-1257", {"lt", "lv", "et"}, 1},
                                              {"windows-1258", {"vi"}, kRare},
                                              {"windows-874", {"th"}, 1},
                                              {"ISO-8859-15", western, kRare}};
  return list;
}

const CharacterOdds& odds_of(std::string_view language) {
  static const auto list = [] {
    std::vector<std::pair<std::string_view, CharacterOdds>> all;
    for (const WrittenLanguage& each : written_languages())
      all.emplace_back(each.name, CharacterOdds(each));
    return all;
  }();
  return std::ranges::find(list, language, [](const auto& entry) { return entry.first; })->second;
}

// ----------------------------------------------------------------------------- characters in place

constexpr char32_t kNoCharacter = 0;

UChar32 icu(char32_t character) {
  return static_cast<UChar32>(character);
}
bool is_in_ascii(char32_t character) {
  return character < 0x80;
}
bool is_letter(char32_t character) {
  return u_isalpha(icu(character)) != 0;
}
bool is_mark(char32_t character) {
  return (U_GET_GC_MASK(icu(character)) & U_GC_M_MASK) != 0;
}
bool is_upper(char32_t character) {
  return u_isupper(icu(character)) != 0;
}
bool is_lower(char32_t character) {
  return u_islower(icu(character)) != 0;
}
bool is_blank(char32_t character) {
  return character == kNoCharacter || u_isUWhiteSpace(icu(character)) != 0;
}
bool is_one_of(char32_t character, std::u32string_view list) {
  return list.find(character) != std::u32string_view::npos;
}

UScriptCode script_of(char32_t character) {
  UErrorCode error = U_ZERO_ERROR;
  return uscript_getScript(icu(character), &error);
}

bool is_of_columns(UScriptCode script) {  // written without spaces
  return script == USCRIPT_HAN || script == USCRIPT_HIRAGANA || script == USCRIPT_KATAKANA ||
         script == USCRIPT_HANGUL || script == USCRIPT_THAI;
}

/// A character and those around it; kNoCharacter at the ends and for what is undecodable.
struct Place3 {
  char32_t before;
  char32_t here;
  char32_t behind;
};

constexpr double kWrong = 0.002;  // hardly anybody writes so
constexpr double kOdd = 0.05;
constexpr double kSeldom = 0.3;

/// How probable a letter's case is at its place, against that of small letters.
double case_factor(const Place3& at) {
  constexpr double kCapital = 0.15, kShouted = 0.8;
  if (is_upper(at.here)) {
    if (is_lower(at.before)) return kWrong;
    if (is_upper(at.before)) return is_lower(at.behind) ? kOdd : kShouted;
    return kCapital;
  }
  constexpr char32_t kSharpS = 0xDF;
  const bool is_in_capitals = is_upper(at.before) && is_upper(at.behind);
  return is_lower(at.here) && is_in_capitals && at.here != kSharpS ? kOdd / 2 : 1;
}

/// Letters whose form says whether a word ends there.
double final_form_factor(const Place3& at) {
  constexpr std::u32string_view kFinal = U"ςםןךףץ", kOthers = U"σמנכצ";
  const bool ends = !is_letter(at.behind) && !is_mark(at.behind);
  if (is_one_of(at.here, kFinal)) return ends ? 1 : kWrong;
  return is_one_of(at.here, kOthers) && ends && is_letter(at.before) ? kOdd : 1;
}

/// Consonants and vowels take turns.
double vowel_factor(const Place3& at) {
  constexpr std::u32string_view kVowels = U"аеёиоуыэюяіїєαεηιουωάέήίόύώ";
  const UScriptCode script = script_of(at.here);
  if (script != USCRIPT_CYRILLIC && script != USCRIPT_GREEK) return 1;
  if (script_of(at.before) != script) return 1;
  const auto is_vowel = [&](char32_t c) {
    return is_one_of(static_cast<char32_t>(u_tolower(icu(c))), kVowels);
  };
  constexpr double kTurn = 1.25, kTwoVowels = 0.4, kTwoConsonants = 0.75;
  if (is_vowel(at.before) != is_vowel(at.here)) return kTurn;
  return is_vowel(at.here) ? kTwoVowels : kTwoConsonants;
}

/// A mark of Thai or Vietnamese needs a letter before it.
double mark_factor(const Place3& at) {
  if (!is_mark(at.here)) return 1;
  return is_letter(at.before) || is_mark(at.before) ? 1 : kWrong;
}

/// What is next to a letter: other letters of its script, hardly ever a digit, and letters of
/// ASCII only where the script is Latin.
double neighbour_factor(const Place3& at) {
  const UScriptCode script = script_of(at.here);
  const bool alone =
      !is_letter(at.before) && !is_letter(at.behind) && !is_mark(at.behind) && !is_mark(at.before);
  if (is_of_columns(script) || script == USCRIPT_INHERITED) {
    const int latin = is_ascii_letter(at.before) + is_ascii_letter(at.behind);
    const double mixed = latin == 2 ? kWrong : latin == 1 ? kOdd : 1;
    const double single = script == USCRIPT_HAN || script == USCRIPT_HANGUL ? kSeldom : kOdd;
    return mixed * (alone && script != USCRIPT_INHERITED ? single : 1);
  }
  const double digits = is_ascii_digit(at.before) || is_ascii_digit(at.behind) ? kOdd : 1;
  if (script == USCRIPT_LATIN) {
    const bool two = is_letter(at.before) && !is_in_ascii(at.before);
    return digits * (two ? kOdd : 1) * (alone ? kOdd * 2 : 1);
  }
  const bool mixed = is_ascii_letter(at.before) || is_ascii_letter(at.behind);
  return digits * (mixed ? kWrong : 1) * (alone ? kOdd : 1);
}

double letter_factor(const Place3& at) {
  return case_factor(at) * final_form_factor(at) * vowel_factor(at) * mark_factor(at) *
         neighbour_factor(at);
}

/// What a sign is written next to.
double sign_factor(const Place3& at) {
  constexpr std::u32string_view kCurrencies = U"£€¥", kOfDigits = U"°¢½¼¾²³±×";
  const bool has_digit = is_ascii_digit(at.before) || is_ascii_digit(at.behind);
  const bool is_within = is_letter(at.before) && is_letter(at.behind);
  if (at.here == U'’') return 1;
  if (is_one_of(at.here, kCurrencies)) return has_digit ? 1 : is_within ? kWrong : kOdd * 2;
  if (is_one_of(at.here, kOfDigits)) {
    const bool is_alone = is_blank(at.before) && (is_blank(at.behind) || is_letter(at.behind));
    const bool is_of_unit = is_one_of(at.here, U"²³") && is_ascii_letter(at.before);
    return has_digit || is_of_unit || (at.here == U'±' && is_alone) ? 1 : kSeldom;
  }
  constexpr std::u32string_view kJoining = U"—–…\u00A0", kSometimes = U"·“”";
  if (is_within)
    return is_one_of(at.here, kJoining) ? 1 : is_one_of(at.here, kSometimes) ? kOdd : kWrong;
  const bool two = !is_in_ascii(at.before) && !is_letter(at.before) && !is_blank(at.before);
  return two && at.here < 0x2000 ? kOdd : 1;
}

// ------------------------------------------------------------------------------------- likelihood

/// The logarithm of how probable an ASCII character is: all readings have the same ones, but for
/// the second bytes of some characters of two.
constexpr double kAscii = -3.2;
constexpr double kForeign = 1e-6;      // a character that the language does not have
constexpr double kImpossible = 1e-10;  // no character, or a control character

double odds_at(const Place3& at, const CharacterOdds& odds) {
  const bool is_private = u_charType(icu(at.here)) == U_PRIVATE_USE_CHAR;
  if (at.here == kNoCharacter || u_iscntrl(icu(at.here)) != 0 || is_private) return kImpossible;
  double known = odds.of_sign(at.here) * sign_factor(at);
  if (const double letter = odds.of_letter(at.here); letter > 0)
    known += letter * letter_factor(at);
  return std::max(known, kForeign);
}

struct Likelihood {
  double all = 0;      ///< of the whole text, as a logarithm
  double foreign = 0;  ///< of the characters that are not ASCII
};

Likelihood likelihood(const std::u32string& text, const CharacterOdds& odds) {
  Likelihood sum;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_in_ascii(text[i]) && text[i] != kNoCharacter) {
      sum.all += kAscii;
      continue;
    }
    const Place3 at{i == 0 ? kNoCharacter : text[i - 1], text[i],
                    i + 1 == text.size() ? kNoCharacter : text[i + 1]};
    sum.foreign += std::log(odds_at(at, odds));
  }
  sum.all += sum.foreign;
  return sum;
}

// -------------------------------------------------------------------------------------- the choice

/// The lines that are not ASCII: only they tell.
std::string sample_of(std::string_view content) {
  constexpr std::size_t kSampleBytes = 1 << 14;
  std::string sample;
  while (!content.empty() && sample.size() < kSampleBytes) {
    const std::size_t end = std::min(content.find('\n'), content.size() - 1) + 1;
    const std::string_view line = content.substr(0, end);
    if (!is_ascii(line)) sample += line.substr(0, kSampleBytes);
    content.remove_prefix(end);
  }
  return sample;
}

std::u32string decoded(std::string_view sample, const char* encoding) {
  Decoder decoder(encoding);
  std::string text;
  decoder.decode(sample, text);
  decoder.finish(text);
  std::u32string characters;
  for (std::size_t offset = 0; offset < text.size();) {
    const auto character = next_character(text, offset);
    if (!character) ++offset;
    characters += character.value_or(kNoCharacter);
  }
  return characters;
}

struct Guess {
  std::string encoding;
  std::u32string text;
  double likelihood;  ///< less the doubt
  double foreign;
};

std::vector<Guess> guesses(const std::string& sample) {
  std::vector<Guess> list;
  for (const Candidate& candidate : candidates()) {
    std::u32string text = decoded(sample, candidate.encoding);
    auto same = std::ranges::find(list, text, &Guess::text);
    if (same == list.end())
      same = list.insert(same, {candidate.encoding, std::move(text), -HUGE_VAL, -HUGE_VAL});
    for (const std::string_view language : candidate.languages) {
      const Likelihood found = likelihood(same->text, odds_of(language));
      if (found.all - candidate.doubt <= same->likelihood) continue;
      same->likelihood = found.all - candidate.doubt;
      same->foreign = found.foreign;
    }
  }
  std::ranges::stable_sort(list, std::greater<>(), &Guess::likelihood);
  return list;
}

/// Whether all that is not ASCII is signs, where no letter may be meant: then the commonest
/// encoding is named alone.
bool are_signs(const std::u32string& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_in_ascii(text[i])) continue;
    const bool is_within = i > 0 && i + 1 < text.size() && is_letter(text[i - 1]) &&
                           is_letter(text[i + 1]) && text[i] != U'’';
    if (is_letter(text[i]) || is_within) return false;
  }
  return true;
}

/// Text in Chinese, Japanese or Korean without a single zero byte and without a mark.
bool reads_as_utf16(std::string_view content, const char* encoding) {
  constexpr std::size_t kLooked = 1 << 12, kFewest = 4;
  constexpr double kLeast = -9.2;  // a character that the language has, though it is rare
  const std::u32string text = decoded(content.substr(0, kLooked), encoding);
  if (text.size() < kFewest || content.size() % 2 != 0) return false;
  return std::ranges::any_of(std::vector<std::string_view>{"zh", "ja", "ko"}, [&](auto language) {
    return likelihood(text, odds_of(language)).all > kLeast * static_cast<double>(text.size());
  });
}

// ------------------------------------------------------------------------------------ seven bits

/// Whether all that is not ASCII in the text is what some language has.
bool is_language(const std::u32string& text) {
  constexpr double kLeastEach = -9.5;
  const auto foreign = static_cast<double>(
      std::ranges::count_if(text, [](char32_t c) { return !is_in_ascii(c) || c == kNoCharacter; }));
  return foreign > 0 && std::ranges::any_of(written_languages(), [&](const auto& language) {
           return likelihood(text, odds_of(language.name)).foreign > kLeastEach * foreign;
         });
}

/// GB 2312 between `~{` and `~}`.
bool is_hz(std::string_view content) {
  const std::size_t begin = content.find("~{");
  if (begin == std::string_view::npos) return false;
  const std::size_t end = content.find("~}", begin);
  const std::size_t line_end = content.find('\n', begin);
  if (end == std::string_view::npos || end > line_end || (end - begin) % 2 != 0) return false;
  return is_language(decoded(content.substr(begin, end + 2 - begin), "HZ"));
}

/// UTF-16 in base64 between `+` and `-`; no plus is anything else.
bool is_utf7(std::string_view content) {
  constexpr std::string_view kBase64 =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr std::size_t kFewest = 2, kUnit = 3;
  std::size_t shifts = 0;
  for (std::size_t at = content.find('+'); at != content.npos; at = content.find('+', at + 1)) {
    const std::size_t end = std::min(content.find_first_not_of(kBase64, at + 1), content.size());
    const bool is_plus = end == at + 1 && content.substr(end, 1) == "-";
    if (!is_plus && (end - at - 1 < kUnit || end == content.size())) return false;
    shifts += !is_plus;
    at = end - 1;
  }
  return shifts >= kFewest && is_language(decoded(content, "UTF-7"));
}

bool has_any(std::string_view content, std::initializer_list<std::string_view> parts) {
  return std::ranges::any_of(parts, [&](auto part) { return content.find(part) != content.npos; });
}

/// Encodings that their bytes prove.
std::optional<std::string> certain_encoding(std::string_view content) {
  if (auto escaped = escaped_encoding(content)) return escaped;
  for (const char* encoding : {"UTF-16LE", "UTF-16BE"}) {
    if (reads_as_utf16(content, encoding)) return encoding;
  }
  constexpr std::string_view kFirstHalf = "\xED\xA0";  // of an emoji, three bytes for each half
  if (content.find(kFirstHalf) == std::string_view::npos) return std::nullopt;
  const std::u32string text = decoded(sample_of(content), "CESU-8");
  return text.find(kNoCharacter) == text.npos ? std::optional("CESU-8") : std::nullopt;
}

}  // namespace

std::optional<std::string> escaped_encoding(std::string_view content) {
  constexpr std::size_t kLooked = 1 << 16;
  content = content.substr(0, kLooked);
  if (has_any(content, {"\x1b$B", "\x1b$@", "\x1b$(D", "\x1b(I"})) return "ISO-2022-JP";
  if (has_any(content, {"\x1b$)C"})) return "ISO-2022-KR";
  if (has_any(content, {"\x1b$)A", "\x1b$)G"})) return "ISO-2022-CN";
  if (is_hz(content)) return "HZ-GB-2312";
  return is_utf7(content) ? std::optional("UTF-7") : std::nullopt;
}

std::vector<std::string> likely_encodings(std::string_view content) {
  constexpr double kLeast = -5.5, kChance = 4, kClose = 3;
  if (auto certain = certain_encoding(content)) return {*certain};
  if (is_binary(content.substr(0, 1 << 15))) return {};
  const std::string sample = sample_of(content);
  const auto high =
      static_cast<double>(std::ranges::count_if(sample, [](char c) { return (c & 0x80) != 0; }));
  const std::vector<Guess> list = guesses(sample);
  if (list[0].foreign < kLeast * high - kChance * std::sqrt(high)) return {};
  std::vector<std::string> names{list[0].encoding};
  if (names[0] == candidates()[0].encoding && are_signs(list[0].text)) return names;
  if (list[1].likelihood >= list[0].likelihood - kClose) names.push_back(list[1].encoding);
  return names;
}

}  // namespace unroll
