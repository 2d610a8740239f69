#include "unroll/text/written_language.h"

#include <unicode/uchar.h>
#include <unicode/ulocdata.h>
#include <unicode/uset.h>

#include <algorithm>
#include <cmath>
#include <memory>

namespace unroll {

namespace {

constexpr std::u32string_view kSigns = U"’”“–…—€£°\u00A0•«»·©®™‘½§¿¡„¢×²³¼¾±µº¹¥‚‹›†‡‰¬¶¦÷№";
constexpr std::u32string_view kWideSigns = U"，。！？、：；“”（）《》…—「」・ー～\u3000【】";

constexpr double kMostlySigns = 0.3;  // English needs letters beyond ASCII for few words
constexpr double kMostlyLetters = 0.85;
constexpr double kFrequent = 0.5;  // the share of the characters listed, where others follow

constexpr WrittenLanguage kLanguages[] = {
    {"en", U"éñèïöüáçíóàêäåøôë", kMostlySigns},
    {"fr", U"éàèêçôîûùâïëœæÿü"},
    {"de", U"üäößé"},
    {"es", U"óíáéñúü"},
    {"pt", U"ãçéáíóêõúâàôü"},
    {"it", U"èàùòìéó"},
    {"nl", U"ëéïöèüó"},
    {"sv", U"äöåéü"},
    {"da", U"åøæéö"},
    {"fi", U"äöåé"},
    {"is", U"ðáíöþéæýúó"},
    {"pl", U"łąężóśćńź"},
    {"cs", U"íáéěžřýčšůúňťďó"},
    {"sk", U"áíéýčžšľúťôňďóäŕĺ"},
    {"hu", U"éáöóőüíúű"},
    {"ro", U"ăîâșțşţ"},
    {"sl", U"čšžćđ"},
    {"tr", U"ıüşğçöâîû"},
    {"az", U"əıüşçöğ"},
    {"lt", U"ėšųįžūčąę"},
    {"lv", U"āīēšūņļžčģķ"},
    {"et", U"äõüöšž"},
    {"vi", U"\u0300\u0301\u0323đ\u0309\u0303ưôâơêă"},
    {"ru", U"оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё"},
    {"uk", U"оанивіетрсклдумпязьгбчхйжїюцшєщфґ"},
    {"bg", U"аоиетнрсвлкдпмзгъубчщжцйяхфшюь"},
    {"sr", U"аоиенрстјкудвмлпгзбчњцхшжћфљђџ"},
    {"mk", U"аоиентрсвкдлмпјугзшбчцќжњфхљџѓѕ"},
    {"be", U"анісреотклывядупмйбзьцгжчшёюўхэф"},
    {"el", U"αοιετσνηυρπκμλςωδγχθάίόφέβήξζώύψϊϋΐΰ"},
    {"he", U"יוהלאתבשרמנכדעחקפםצטזגסןךףץ"},
    {"ar", U"اليمونرتبةعدسفهكقأحجشطصىخإذزثضغئءظؤآ،؟"},
    {"fa", U"اىیرديیهنومتبسشکكزلگخفقعپجچحطصآضذظغثژ،؟"},
    {"ur", U"اکیےرنوہسمتلدبگپجھقعںچشحفخٹزطصڑغڈآئذضثظژ،۔"},
    {"th", U"านรกเอง่มยลวดท้สตัีคิหปบแจพะไชขใโ์ืถ็ผำณุูึซศฟธภษญฐฝฉฮๆ"},
    {"zh",
     U"的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之"
     U"年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样"
     U"理心她本前开但因只从想实很酒店房服务员",
     kFrequent, "zh", 1e-4, kWideSigns},
    {"zh_Hant",
     U"的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之"
     U"年過發後作裡用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣"
     U"理心她本前開但因只從想實很酒店房服務員",
     kFrequent, "zh_Hant", 1e-4, kWideSigns},
    {"ja", U"のいたとにはしかなるをてでがもれさらこっりうあきくまえけだんよすそやみどめちょつわせ",
     kFrequent, "ja", 1.6e-4, kWideSigns},
    {"ja_half", U"ﾝｽｰﾄﾞﾙｲｯﾗｸｼﾘｱﾌﾀﾟﾚｶｺｵﾏﾃﾛﾑﾆﾊｻﾋｷｹｳﾐｴｭｬﾁﾅｪﾒｾﾂﾎﾓﾍｼｮﾜﾔﾖﾈﾉﾕｨｩｧﾇﾋｦｿ｡､", kMostlyLetters,
     nullptr, 1e-5, kWideSigns},
    {"ko",
     U"이다는에의가을은고를한지하로서도기사어자아나시리대인정그해요있습니네게으만라거것수들었했부",
     kFrequent, "ko", 1.6e-4, kWideSigns}};

/// Frequencies fall about so with the rank; the last ones less than the curve says.
double odds_of_rank(std::size_t rank, std::size_t count) {
  constexpr double kEven = 0.15;
  const double scale = std::max(1.5, static_cast<double>(count) / 3.5);
  return (1 - kEven) * std::exp(-static_cast<double>(rank) / scale) / scale +
         kEven / static_cast<double>(count);
}

using Odds = std::unordered_map<char32_t, double>;

void add_ranked(std::u32string_view characters, double share, Odds& odds) {
  for (std::size_t rank = 0; rank < characters.size(); ++rank) {
    odds.emplace(characters[rank], share * odds_of_rank(rank, characters.size()));
  }
}

/// The characters that Unicode's locale data names for a language.
void add_others(const char* locale, double each, Odds& odds) {
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<ULocaleData, decltype(&ulocdata_close)> data(ulocdata_open(locale, &error),
                                                                     &ulocdata_close);
  const std::unique_ptr<USet, decltype(&uset_close)> set(uset_openEmpty(), &uset_close);
  ulocdata_getExemplarSet(data.get(), set.get(), 0, ULOCDATA_ES_STANDARD, &error);
  for (int32_t i = 0, count = U_FAILURE(error) ? 0 : uset_getItemCount(set.get()); i < count; ++i) {
    UChar32 first = 0, last = 0;
    if (uset_getItem(set.get(), i, &first, &last, nullptr, 0, &error) != 0) continue;  // a string
    for (UChar32 character = first; character <= last; ++character)
      odds.emplace(static_cast<char32_t>(character), each);
  }
}

double find(const Odds& odds, char32_t character) {
  const auto found = odds.find(character);
  return found == odds.end() ? 0 : found->second;
}

}  // namespace

std::span<const WrittenLanguage> written_languages() {
  return kLanguages;
}

CharacterOdds::CharacterOdds(const WrittenLanguage& language) {
  add_ranked(language.letters, language.share, letters_);
  if (language.others != nullptr) add_others(language.others, language.each_other, letters_);
  const bool has_own = !language.signs.empty();
  add_ranked(has_own ? language.signs : kSigns, has_own ? 0.15 : 1 - language.share, signs_);
}

double CharacterOdds::of_letter(char32_t character) const {
  constexpr char32_t kDottedI = 0x130;  // whose small letter is ASCII's
  if (character == kDottedI) return find(letters_, 0x131) > 0 ? find(letters_, 0x131) / 4 : 0;
  return find(letters_, static_cast<char32_t>(u_tolower(static_cast<UChar32>(character))));
}

double CharacterOdds::of_sign(char32_t character) const {
  return find(signs_, character);
}

}  // namespace unroll
