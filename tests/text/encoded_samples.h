/// Texts in old encodings as files have them, for tests of the evidence: languages, the encodings
/// that their texts come in, and a few rows each.
#pragma once

#include <string>
#include <vector>

namespace unroll {

struct EncodedSamples {
  std::vector<const char*> encodings;
  std::vector<const char*> rows;
};

/// English with a few characters beyond ASCII; one row is all that a file has.
inline const std::vector<EncodedSamples>& rows_with_symbols() {
  static const std::vector<EncodedSamples> list = {
      {{"windows-1252", "ISO-8859-1"},
       {"won £1000 in a prize draw",
        "only £5",
        "it is 5° outside",
        "about 20 °C today",
        "a 5¢ coin",
        "© 2004 all rights reserved",
        "Acme® is good",
        "© ® 2004",
        "½ a cup of milk",
        "5 µ or 3 ½ of it",
        "a\u00A0b and so on",
        "see § 5 for that",
        "a café in town",
        "the naïve view",
        "3 × 4 is twelve",
        "« quoted »",
        "10 ± 2 of them",
        "a résumé",
        "Müller was here",
        "MÜLLER GMBH",
        "Ärger mit der Bahn",
        "¿qué pasa?",
        "año nuevo",
        "São Paulo",
        "Citroën and Peugeot",
        "jalapeño peppers",
        "· first point",
        "2 m² of it",
        "¼ of it",
        "5 m³ of gas",
        "No. 1º of all",
        "¡hola!",
        "¥100 each",
        "no° 5",
        "a ¬ b",
        "¶ 3",
        "Pokémon cards",
        "the façade",
        "El Niño",
        "fiancée",
        "Zürich",
        "Ångström",
        "Beyoncé"}},
      {{"windows-1252"},
       {"I don’t like it",
        "“great” he said",
        "10€ a piece",
        "€10 a piece",
        "well… no",
        "pages 3–5 of it",
        "so – or not",
        "yes—or no",
        "Acme™ is good",
        "the ‘best’ film",
        "it’s £5, isn’t it",
        "• first point",
        "the dogs’ dinner",
        "“It’s fine,” she said",
        "rock ’n’ roll",
        "the ’90s",
        "she said: “no”…",
        "they’re 5€",
        "we’ll see",
        "‘no’",
        "100‰",
        "† died",
        "naïve—and “good”",
        "½–1 cup"}},
      {{"IBM850"}, {"MÜLLER GMBH", "Müller was here", "a café in town", "won £1000", "año nuevo"}},
      {{"macintosh"},
       {"I don’t like it, it’s bad", "“great” he said", "a café in town", "Müller was here"}}};
  return list;
}

/// Rows of other languages, which are tried alone, a few at a time and among English ones.
inline const std::vector<EncodedSamples>& rows_of_languages() {
  static const std::vector<EncodedSamples> list = {
      {{"windows-1252", "ISO-8859-1", "macintosh", "IBM850"},
       {"un café très agréable à côté de la forêt", "délicieuse présentée",
        "ça a été très décevant", "je n'ai pas aimé du tout", "le garçon était gêné"}},
      {{"windows-1252", "macintosh", "IBM850"},
       {"das Frühstück war schön", "die Tür quietscht, süß", "sehr höflich und nett",
        "Übernachtung für zwei", "das große Zimmer gefällt mir"}},
      {{"windows-1252", "macintosh"},
       {"mañana será un día estupendo", "qué habitación más pequeña", "el baño está limpio",
        "¡no volveré nunca!", "muy buena atención"}},
      {{"windows-1252"}, {"o quarto não é bom", "situação péssima", "muito agradável, sem dúvida"}},
      {{"windows-1252"},
       {"rummet var väldigt fint", "dålig mat på hotellet", "trevlig och välstädat"}},
      {{"windows-1252"}, {"værelset er for lille", "god mad på stedet", "meget høflig"}},
      {{"windows-1252"}, {"huone oli hyvä", "erittäin ystävällinen", "ei enää koskaan tänne"}},
      {{"windows-1250", "ISO-8859-2", "IBM852"},
       {"świetny pokój, bardzo miły", "zły obiad, brudna łazienka", "nie polecam, było głośno",
        "dziękuję, wszystko w porządku"}},
      {{"windows-1250", "ISO-8859-2", "IBM852"},
       {"skvělý pokoj a příjemný personál", "špinavá koupelna", "jídlo bylo výborné",
        "už nikdy víc, děkuji"}},
      {{"windows-1250", "ISO-8859-2"},
       {"a szoba nagyon szép volt", "rossz étel, hűvös kiszolgálás", "többé nem jövünk ide"}},
      {{"windows-1251", "KOI8-R", "IBM866", "x-mac-cyrillic", "ISO-8859-5"},
       {"отличный номер, очень понравилось", "плохая еда", "ПРИВЕТ", "Спасибо, всё хорошо",
        "не советую никому", "УЖАСНЫЙ СЕРВИС", "фильм мне понравился"}},
      {{"windows-1251", "KOI8-U"},
       {"дуже гарний номер, сподобалось", "поганий сервіс, більше не приїду", "їжа була смачна"}},
      {{"windows-1251"}, {"много хубава стая", "лоша храна и обслужване", "няма да дойда пак"}},
      {{"windows-1253", "ISO-8859-7", "IBM737"},
       {"υπέροχο δωμάτιο και φαγητό", "κακή εξυπηρέτηση", "δεν το συνιστώ",
        "πολύ καλό ξενοδοχείο"}},
      {{"windows-1254", "IBM857"},
       {"çok güzel bir oda, şahane", "kötü yemek, soğuk çorba", "bir daha gelmeyeceğim",
        "hiç beğenmedim, ilgisiz çalışanlar"}},
      {{"windows-1255", "IBM862"},
       {"שלום", "החדר היה נקי מאוד", "אוכל גרוע ושירות רע", "לא נחזור לשם", "ארוחת הבוקר מצוינת"}},
      {{"windows-1256", "ISO-8859-6"},
       {"مرحبا", "غرفة رائعة وطعام جيد", "خدمة سيئة جدا", "لن أعود إلى هذا الفندق"}},
      {{"windows-1257"}, {"labas rytas, labai gražus kambarys", "blogas maistas, čia nešvaru"}},
      {{"windows-874"}, {"ห้องสวยมาก", "อาหารไม่อร่อย", "บริการดีมาก", "สวัสดี"}},
      {{"GB18030"},
       {"这车很好", "这家酒店的房间很干净，服务员也非常热情", "早餐很差", "不错", "好", "你好！"}},
      {{"Big5"}, {"這家酒店的房間很乾淨，服務員也非常熱情", "早餐很差", "這個不錯", "你好！"}},
      {{"Shift_JIS", "EUC-JP"},
       {"とても良い部屋でした。朝食も美味しい", "部屋が汚くて最悪です", "ありがとう",
        "また来ます"}},
      {{"Shift_JIS"}, {"ﾎﾃﾙﾉﾍﾔ", "ｱﾘｶﾞﾄｳ ｺﾞｻﾞｲﾏｽ"}},
      {{"EUC-KR", "windows-949"},
       {"방이 아주 깨끗하고 좋았습니다", "아침 식사가 정말 별로였어요", "감사합니다", "좋아요"}}};
  return list;
}

}  // namespace unroll
