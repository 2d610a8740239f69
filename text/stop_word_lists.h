/// The built-in stop words, written for this project from what grammars call function words:
/// articles, pronouns, prepositions, conjunctions, particles, auxiliaries, measure words.
///
/// Negations (不, 没, 别, not, no, never, without, …) and words of degree (很, 太, very, too, only,
/// …) are left out on purpose: "not good" and "too long" carry a judgement that "good" and "long"
/// do not.
#pragma once

#include <span>
#include <string_view>

namespace unroll {

std::span<const std::string_view> chinese_stop_words();
std::span<const std::string_view> english_stop_words();

}  // namespace unroll
