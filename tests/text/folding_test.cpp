#include "unroll/text/folding.h"

#include <gtest/gtest.h>

#include "unroll/text/unicode.h"

namespace unroll {
namespace {

std::string folded(std::string_view text, FoldLanguage language = FoldLanguage::kAny) {
  return fold(text, {.language = language});
}

TEST(Folding, IsNfkcCasefoldForMostLanguages) {
  for (const std::string_view text : {"Straße", "ＡＢＣ", "İstanbul", "好。！", "ﬁne", ""}) {
    EXPECT_EQ(folded(text), nfkc_casefold(text));
  }
  EXPECT_EQ(fold("ＡＢＣ İ ـ", {.on = false}), "ＡＢＣ İ ـ");
}

TEST(Folding, KeepsBothLettersIOfTurkishApart) {
  for (const FoldLanguage language : {FoldLanguage::kTurkish, FoldLanguage::kAzerbaijani}) {
    EXPECT_EQ(folded("İYİ iyi İyi", language), "iyi iyi iyi");
    EXPECT_EQ(folded("KIZGIN kızgın", language), "kızgın kızgın");
    EXPECT_EQ(folded("I\u0307", language), "i") << "İ as a letter and a mark";
    EXPECT_EQ(folded("Ｉ", language), "ı") << "full width";
    EXPECT_EQ(folded("ÇĞÖŞÜ ASCII", language), "çğöşü ascıı");
  }
}

TEST(Folding, DropsTheTatweelAlways) {
  EXPECT_EQ(folded("جميـــل"), "جميل");
  EXPECT_EQ(folded("ـ"), "");
  EXPECT_EQ(fold("جميـــل", {.drop_tatweel = false}), "جميـــل") << "by the first rules";
}

TEST(Folding, DropsVowelMarksWhereTheLanguageIsNamed) {
  EXPECT_NE(folded("جَمِيل"), "جميل");
  for (const FoldLanguage language :
       {FoldLanguage::kArabic, FoldLanguage::kPersian, FoldLanguage::kUrdu}) {
    EXPECT_EQ(folded("جَمِيل", language), "جميل");
    EXPECT_EQ(folded("أ\u0627\u0654\u0622", language), "أأآ") << "hamza and madda are letters";
    EXPECT_EQ(folded("ﹷ", language), "") << "a mark on a tatweel, one character";
  }
}

TEST(Folding, NamesItsLanguages) {
  for (const FoldLanguage language : kAllLanguages) {
    EXPECT_EQ(language_of(to_string(language)), language);
  }
  EXPECT_EQ(language_of("de"), std::nullopt);
}

}  // namespace
}  // namespace unroll
