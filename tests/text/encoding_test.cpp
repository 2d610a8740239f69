#include "unroll/text/encoding.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/temp_folder.h"
#include "tests/text/encoded.h"
#include "tests/text/text_support.h"
#include "unroll/core/error.h"
#include "unroll/text/decoder.h"
#include "unroll/text/source.h"

namespace unroll {
namespace {

using Names = std::vector<std::string>;

struct Sample {
  const char* encoding;
  const char* text;
};

/// As people write them: reviews with labels, a few lines.
const Sample kSamples[] = {
    {"windows-1252", "v1,v2\nham,délicieuse présentée\nspam,gagnez £100\n"},
    {"windows-1252", "pos,un café très agréable à côté de la forêt\nneg,l’hôtel était sale\n"},
    {"windows-1252", "pos,das Frühstück war schön\nneg,die Tür quietscht, süß\n"},
    {"windows-1252", "pos,mañana será un día estupendo\nneg,qué habitación más pequeña\n"},
    {"windows-1252", "pos,it’s a “great” film – really\nneg,I don’t like it…\n"},
    {"windows-1250", "pos,świetny pokój, bardzo miły\nneg,zły obiad, brudna łazienka\n"},
    {"windows-1250", "pos,skvělý pokoj a příjemný personál\nneg,špinavá koupelna\n"},
    {"ISO-8859-2", "pos,świetny pokój, bardzo miły\nneg,zły obiad, brudna łazienka\n"},
    {"windows-1251", "pos,отличный номер, очень понравилось\nneg,плохая еда\n"},
    {"KOI8-R", "pos,отличный номер, очень понравилось\nneg,плохая еда\n"},
    {"IBM866", "pos,отличный номер, очень понравилось\nneg,плохая еда\n"},
    {"windows-1253", "pos,υπέροχο δωμάτιο και φαγητό\nneg,κακή εξυπηρέτηση\n"},
    {"windows-1254", "pos,çok güzel bir oda, şahane\nneg,kötü yemek, soğuk çorba\n"},
    {"windows-1256", "pos,غرفة رائعة وطعام جيد\nneg,خدمة سيئة جدا\n"},
    {"windows-874", "pos,ห้องสวยมาก\nneg,อาหารไม่อร่อย\n"},
    {"GB18030", "label\ttext\n好\t这车很好\n"},
    {"GB18030", "pos\t这家酒店的房间很干净，服务员也非常热情\nneg\t早餐很差\n"},
    {"Big5", "pos\t這家酒店的房間很乾淨，服務員也非常熱情\nneg\t早餐很差\n"},
    {"Shift_JIS", "pos\tとても良い部屋でした。朝食も美味しい\nneg\t部屋が汚くて最悪です\n"},
    {"EUC-JP", "pos\tとても良い部屋でした。朝食も美味しい\nneg\t部屋が汚くて最悪です\n"},
    {"EUC-KR", "pos\t방이 아주 깨끗하고 좋았습니다\nneg\t아침 식사가 정말 별로였어요\n"}};

TEST(LikelyEncodings, NameTheOneThatATextReadsWellIn) {
  for (const Sample& sample : kSamples) {
    const Names names = likely_encodings(encoded(sample.text, sample.encoding));
    ASSERT_FALSE(names.empty()) << sample.encoding << sample.text;
    EXPECT_EQ(names.front(), sample.encoding) << sample.text;
  }
}

TEST(LikelyEncodings, AreNoneForNoise) {
  std::string noise;
  for (unsigned k = 0; k < 4000; ++k) noise += static_cast<char>(128 + (k * k * 7919 >> 5) % 128);
  EXPECT_EQ(likely_encodings(noise), Names{});
}

TEST(LikelyEncodings, KnowEncodingsOfEscapeSequences) {
  EXPECT_EQ(likely_encodings(encoded("部屋が汚い", "ISO-2022-JP")), Names{"ISO-2022-JP"});
}

TEST(Utf16, IsToldByItsMarkOrItsZeros) {
  for (const char* encoding : {"UTF-16LE", "UTF-16BE"}) {
    for (const char* text :
         {"this film was great\nvery dull\n", "label\ttext\nпо\tотличный номер\n",
          "一个好电影\n这家酒店的房间很干净\n服务员也非常热情\n", "\xEF\xBB\xBF一"})
      EXPECT_EQ(utf16_of(encoded(text, encoding)), encoding) << text;
  }
}

TEST(Utf16, IsNotATextOfBytesWithAZeroInIt) {
  EXPECT_EQ(utf16_of(std::string_view("nul\0 in a line of text\n", 23)), "");
  EXPECT_EQ(utf16_of(std::string_view("caf\xE9 \0 caf\xE9 au lait\n", 19)), "");
  EXPECT_EQ(utf16_of(std::string(1000, '\0')), "");
  EXPECT_EQ(utf16_of("plain\n"), "");
  EXPECT_EQ(utf16_of(""), "");
}

TEST(Utf32, IsToldByItsZeros) {
  EXPECT_EQ(utf32_of(encoded("text 好", "UTF-32LE")), "UTF-32LE");
  EXPECT_EQ(utf32_of(encoded("text 好", "UTF-32BE")), "UTF-32BE");
  EXPECT_EQ(utf32_of(encoded("text 好", "UTF-16LE")), "");
}

TEST(Decoder, DecodesWhereverTheBytesAreCut) {
  const std::string text = "一部 great film 😀\n";
  for (const char* encoding : {"GB18030", "UTF-16LE", "UTF-8"}) {
    const std::string bytes = encoded(text, encoding);
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
      Decoder decoder(encoding);
      std::string decoded;
      decoder.decode(std::string_view(bytes).substr(0, cut), decoded);
      decoder.decode(std::string_view(bytes).substr(cut), decoded);
      decoder.finish(decoded);
      EXPECT_EQ(decoded, text) << encoding << " cut at " << cut;
    }
  }
}

TEST(Decoder, MarksWhatIsNothingInTheEncoding) {
  Decoder decoder("GB18030");
  std::string text;
  decoder.decode("ok\n\x81\x20 go on\n\xC4", text);
  decoder.finish(text);
  EXPECT_TRUE(text.starts_with("ok\n\xFF")) << text;
  EXPECT_TRUE(text.ends_with(" go on\n\xFF")) << text;
}

TEST(Decoder, SaysThatAnEncodingDoesNotExist) {
  EXPECT_TRUE(contains(message_of<UsageError>([] { Decoder("utf-9"); }),
                       "there is no encoding \"utf-9\"; some that there are: GB18030"));
  EXPECT_THROW(Decoder(""), UsageError);
}

std::string error_of(std::string_view bytes, const std::string& encoding = "") {
  const TempFolder folder;
  const std::string path = folder.write("data", bytes);
  try {
    read_source(path, {.encoding = encoding, .most_bytes = 1 << 20});
  } catch (const Error& error) {
    std::string message = std::string(error.what()).substr(path.size());
    for (const std::string& option : error.options()) message += " (" + option + ")";
    return message;
  }
  return "no error";
}

TEST(Source, NamesTheLikelyEncodingAndHowToAskForIt) {
  EXPECT_EQ(error_of("v1,v2\nham,d\xE9licieuse pr\xE9sent\xE9"
                     "e\nspam,gagnez \xA3"
                     "100\n"),
            ":2:6: byte 0xE9 is not valid UTF-8; the text reads well as windows-1252 "
            "(encoding=windows-1252)");
  EXPECT_TRUE(error_of(encoded("label\ttext\n好\t这车很好\n", "GB18030"))
                  .ends_with("; the text reads well as GB18030 (encoding=GB18030)"));
  EXPECT_TRUE(error_of(encoded("text", "UTF-32LE")).ends_with("(encoding=UTF-32LE)"));
}

TEST(Source, RefusesEncodingsOfSevenBitsWithTheFlag) {
  EXPECT_EQ(error_of(encoded("label\ttext\n好\t中国\n", "ISO-2022-JP")),
            ": this text is in ISO-2022-JP, not in UTF-8 (encoding=ISO-2022-JP)");
  EXPECT_EQ(error_of(encoded("中国\n", "HZ"), "HZ"), "no error");
  EXPECT_EQ(error_of("\x1b[31mred\x1b[0m 1+1\n"), "no error");
}

TEST(Source, NamesNoEncodingForBytesOfNoText) {
  std::string bytes = "OBJ\xE9\n";
  for (int i = 0; i < 400; ++i) bytes += i % 9 == 0 ? '\x02' : static_cast<char>(i * 37 % 90 + 160);
  EXPECT_TRUE(contains(error_of(bytes), "this is no text; name a file of texts"));
}

TEST(Source, NamesNoEncodingForAFileThatIsUtf8ButForOneByte) {
  EXPECT_EQ(error_of("un café très cher\nun caf\xE9\n"),
            ":2:7: byte 0xE9 is not valid UTF-8, and the text around it is: mend or leave out what "
            "is damaged here (bad_rows=skip)");
}

TEST(Source, ReadsTheEncodingThatIsAskedFor) {
  const TempFolder folder;
  for (const Sample& sample : kSamples) {
    const std::string path = folder.write("data", encoded(sample.text, sample.encoding));
    const Source source = read_source(path, {.encoding = sample.encoding, .most_bytes = 1 << 20});
    EXPECT_EQ(source.content, sample.text) << sample.encoding;
    EXPECT_FALSE(source.is_doubtful);
  }
}

TEST(Source, SaysWhereBytesAreNothingInTheEncoding) {
  EXPECT_EQ(error_of("ok\nb\x81\x20\n", "GB18030"),
            ":2:2: the bytes here are nothing in GB18030; is that the encoding? (encoding)");
}

TEST(Source, DoubtsAnEncodingThatIsAskedForOfUtf8) {
  const TempFolder folder;
  const auto doubtful = [&](const char* text, const char* encoding) {
    return read_any_source(folder.write("data", text),
                           {.encoding = encoding, .most_bytes = 1 << 20})
        .is_doubtful;
  };
  EXPECT_TRUE(doubtful("这车很好\n", "GB18030"));
  EXPECT_TRUE(doubtful("plain\n", "UTF-16LE"));
  EXPECT_FALSE(doubtful("plain\n", "GB18030")) << "the same in both";
}

TEST(Source, DoubtsNoEncodingThatReadsUtf8AsItIs) {
  const TempFolder folder;
  for (const char* name : {"UTF-8", "utf8"}) {
    for (const char* text : {"这车很好\n", "\xEF\xBB\xBF这车很好\n"}) {
      const Source source =
          read_any_source(folder.write("data", text), {.encoding = name, .most_bytes = 1 << 20});
      EXPECT_FALSE(source.is_doubtful) << text;
    }
  }
}

TEST(Source, RefusesUtf16ThatIsToBeReadAsSomethingElse) {
  const std::string bytes = encoded("label\ttext\npos\tgood\n", "UTF-16LE");
  for (const char* name : {"UTF-8", "GB18030"})
    EXPECT_EQ(error_of(bytes, name), std::string(": this is UTF-16LE, not ") + name +
                                         " as was asked for (encoding=UTF-16LE)");
  EXPECT_EQ(error_of(bytes, "UTF-16LE"), "no error");
}

TEST(Source, SaysThatAFileEndsWithinACharacter) {
  const std::string bytes = encoded("\xEF\xBB\xBFlabel\ttext\npos\tgood\n", "UTF-16LE");
  EXPECT_EQ(error_of(bytes.substr(0, bytes.size() - 1)),
            ":2:9: the file ends in the middle of a character of UTF-16LE: it is truncated; get it "
            "again (bad_rows=skip)");
}

TEST(Source, NamesNoEncodingForFilesOfTwoEncodingsJoined) {
  std::string text;
  for (int i = 0; i < 20; ++i) text += encoded("délicieuse présentée\n", "ISO-8859-1");
  for (int i = 0; i < 10; ++i) text += "délicieuse présentée\n";
  EXPECT_EQ(
      error_of(text),
      ":1:2: byte 0xE9 is not valid UTF-8, and 10 other lines are: were files of two encodings "
      "joined? Make one encoding of them before that, or leave out these lines "
      "(bad_rows=skip)");
}

TEST(Source, ReadsUtf16AndSaysSo) {
  const TempFolder folder;
  const std::string text = "label\ttext\npos\tgood\n";
  for (const char* encoding : {"UTF-16LE", "UTF-16BE"}) {
    for (const char* mark : {"", "\xEF\xBB\xBF"}) {
      const std::string bytes = encoded(mark + text, encoding);
      const Source source = read_source(folder.write("data", bytes));
      EXPECT_EQ(source.content, text) << encoding;
      EXPECT_EQ(source.encoding, encoding);
      EXPECT_EQ(read_source(folder.write("packed", gzipped(bytes))).content, text);
    }
  }
}

}  // namespace
}  // namespace unroll
