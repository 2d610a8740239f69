#include "unroll/text/text_trouble.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace unroll {
namespace {

using Troubles = std::vector<TextTrouble>;

TEST(TextTrouble, FindsLostCharacters) {
  EXPECT_EQ(trouble_in("caf\uFFFD"), Troubles{TextTrouble::kReplacement});
  EXPECT_EQ(trouble_in("烤锟斤拷好吃"), Troubles{TextTrouble::kReplacement})
      << "lost, then read as GBK";
}

TEST(TextTrouble, FindsUtf8ThatWasReadByteByByte) {
  for (const std::string text : {"cafÃ©", "donâ€™t", "Ã¼ber", "Â£5", "Ð¿Ñ€Ð¸", "å¥½", "ðŸ‘\u008D"})
    EXPECT_EQ(trouble_in(text), Troubles{TextTrouble::kMojibake}) << text;
}

TEST(TextTrouble, LeavesLettersAloneThatOnlyLookSo) {
  for (const std::string text : {"café", "don’t", "über", "NÃO", "CAFÉ»", "« À »", "Ðe",
                                 "à la carte", "好", "👍", "naïve – yes", "«ça»"})
    EXPECT_EQ(trouble_in(text), Troubles{}) << text;
}

TEST(TextTrouble, FindsControlCharactersButNotLineEnds) {
  EXPECT_EQ(trouble_in(std::string("a\0b", 3)), Troubles{TextTrouble::kControl});
  EXPECT_EQ(trouble_in("a\x1B[1m"), Troubles{TextTrouble::kControl});
  EXPECT_EQ(trouble_in("a\tb\r\nc"), Troubles{});
}

TEST(TextTrouble, FindsMarkup) {
  for (const std::string text : {"a<br />b", "<BR>", "<p>", "</p>", "<a href=\"x\">y</a>"})
    EXPECT_EQ(trouble_in(text), Troubles{TextTrouble::kTag}) << text;
  for (const std::string text : {"a &amp; b", "&#39;", "&#x27;s", "&quot;"})
    EXPECT_EQ(trouble_in(text), Troubles{TextTrouble::kEntity}) << text;
  for (const std::string text :
       {"a < b > c", "<3", "I <b", "AT&T;", "&;", "&", "<", "x <- p >", "<breath>", "R&D; then"})
    EXPECT_EQ(trouble_in(text), Troubles{}) << text;
}

TEST(TextTrouble, NamesEachKindOnce) {
  EXPECT_EQ(trouble_in("<br><br>&amp;Ã©\uFFFD\x01"),
            Troubles(kTextTroubles.begin(), kTextTroubles.end()));
}

}  // namespace
}  // namespace unroll
