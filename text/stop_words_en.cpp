#include "unroll/text/stop_word_lists.h"

namespace unroll {

namespace {

// clang-format off
constexpr std::string_view kEnglish[] = {
    // articles and other determiners
    "a", "an", "the", "this", "that", "these", "those", "some", "any", "each", "every", "either",
    "both", "such", "other", "another",
    // persons
    "i", "me", "my", "mine", "myself", "we", "us", "our", "ours", "ourselves", "you", "your",
    "yours", "yourself", "yourselves", "he", "him", "his", "himself", "she", "her", "hers",
    "herself", "it", "its", "itself", "they", "them", "their", "theirs", "themselves", "one",
    "someone", "something", "anyone", "anything", "everyone", "everything",
    // questions and relatives
    "who", "whom", "whose", "which", "what", "when", "where", "how", "whoever", "whatever",
    "whichever",
    // prepositions
    "of", "in", "on", "at", "by", "for", "from", "to", "into", "onto", "with", "within", "about",
    "above", "across", "after", "along", "among", "around", "as", "before", "behind", "below",
    "beneath", "beside", "between", "beyond", "during", "near", "over", "since", "through",
    "throughout", "toward", "towards", "under", "until", "up", "upon", "via", "per",
    // conjunctions and the like
    "and", "or", "if", "then", "than", "so", "because", "while", "whereas", "whether", "once",
    "also", "thus", "therefore", "hence",
    // auxiliaries, and their short forms as tokenizers leave them
    "am", "is", "are", "was", "were", "be", "been", "being", "have", "has", "had", "having", "do",
    "does", "did", "doing", "will", "would", "shall", "should", "can", "could", "may", "might",
    "must", "'s", "'m", "'re", "'ve", "'ll", "'d", "i'm", "i've", "i'll", "i'd", "it's", "that's",
    "he's", "she's", "we're", "they're", "you're",
    // places
    "here", "there",
};
// clang-format on

}  // namespace

std::span<const std::string_view> english_stop_words() {
  return kEnglish;
}

}  // namespace unroll
