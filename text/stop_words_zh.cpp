#include "unroll/text/stop_word_lists.h"

namespace unroll {

namespace {

// clang-format off
constexpr std::string_view kChinese[] = {
    // structural, aspect and sentence particles
    "的", "地", "得", "了", "着", "过", "之", "所", "吗", "呢", "吧", "啊", "呀", "嘛", "哦", "哪",
    "啦", "么", "而已", "似的", "等", "等等",
    // persons
    "我", "你", "您", "他", "她", "它", "我们", "你们", "他们", "她们", "它们", "咱们", "自己",
    "本人", "大家", "人家", "别人", "彼此", "其他", "其它",
    // this, that, which
    "这", "那", "这个", "那个", "这些", "那些", "这里", "那里", "这儿", "那儿", "这样", "那样",
    "这么", "那么", "这种", "那种", "此", "该", "其", "其中", "某", "某些", "每", "各", "各种",
    "另", "另外",
    // questions
    "什么", "谁", "哪个", "哪里", "哪些", "怎么", "怎样", "如何", "几", "多少",
    // prepositions
    "在", "从", "自", "到", "向", "往", "对", "对于", "关于", "由", "由于", "把", "被", "将", "给",
    "跟", "同", "与", "以", "按", "按照", "根据", "通过", "为", "为了", "于", "当", "比",
    // conjunctions
    "和", "及", "以及", "或", "或者", "还是", "而", "而且", "并", "并且", "因为", "因此", "所以",
    "如果", "要是", "那就", "则", "即", "即使", "虽然", "既", "且", "然后", "于是",
    // verbs that only link, and the plainest adverbs
    "是", "有", "也", "都", "就", "又", "再", "还", "会", "要", "来", "去",
    // measure words, places
    "一", "一个", "一些", "一种", "个", "种", "些", "次", "上", "下", "里", "中", "时", "时候",
};
// clang-format on

}  // namespace

std::span<const std::string_view> chinese_stop_words() {
  return kChinese;
}

}  // namespace unroll
