#include "unroll/text/wanted_vectors.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "unroll/text/folding.h"
#include "unroll/text/unicode.h"

namespace unroll {

namespace {

/// More than one broken row in so many is too much.
constexpr std::size_t kRowsPerBroken = 100;
/// While a file is read, the rows that decide may be still to come.
constexpr std::size_t kSparedAtFirst = 100;

}  // namespace

WantedVectors::WantedVectors(const Vocabulary& vocabulary, const EncoderSettings& settings,
                             std::size_t keep, std::size_t dimension)
    : vocabulary_(vocabulary),
      settings_(settings),
      keep_(keep),
      matches_(vocabulary.size(), Match::kNone) {
  result_.dimension = dimension;
  if (keep > 0) tokenizer_.emplace(settings.tokenizer);
}

std::optional<WantedVectors::Want> WantedVectors::find(std::string_view word) {
  ++result_.rows;
  if (trim(word).empty()) return ++result_.nameless, std::nullopt;
  ++named_;
  if (const auto place = entry(word)) {
    if (matches_[*place] == Match::kExact) return std::nullopt;
    return Want{*place, Match::kExact, {}};
  }
  const bool may_keep = named_ <= keep_;
  std::string token = may_keep ? token_of(word) : fold(word, settings_.tokenizer.folding());
  if (token.empty()) return std::nullopt;
  if (const auto place = entry(token)) {
    if (matches_[*place] != Match::kNone) return std::nullopt;
    return Want{*place, Match::kFolded, {}};
  }
  if (!may_keep) return std::nullopt;
  const Match match = token == word ? Match::kExact : Match::kFolded;
  return Want{matches_.size(), match, std::move(token)};
}

/// Where the token is, if it is an entry or a word that is kept.
std::optional<std::size_t> WantedVectors::entry(std::string_view token) const {
  const std::int32_t id = vocabulary_.id(token);
  if (id != Vocabulary::kUnknown || token == Vocabulary::kUnknownToken) {
    return static_cast<std::size_t>(id);
  }
  if (kept_.empty()) return std::nullopt;
  const auto found = kept_.find(std::string(token));
  return found == kept_.end() ? std::nullopt : std::optional(found->second);
}

/// The one token that a text with this word would have; "" if there would be none or several.
std::string WantedVectors::token_of(std::string_view word) {
  std::vector<std::string> tokens = (*tokenizer_)(word);
  const bool is_one = tokens.size() == 1 && !settings_.stop_words.contains(tokens.front());
  return is_one ? std::move(tokens.front()) : std::string();
}

std::span<float> WantedVectors::accept(const Want& want) {
  reserve_table();
  if (want.place == matches_.size()) {
    kept_.emplace(want.token, want.place);
    matches_.push_back(Match::kNone);
    result_.kept.push_back(want.token);
    result_.kept_vectors.emplace_back(dimension());
  }
  matches_[want.place] = want.match;
  return vector(want.place);
}

/// Called only when a row has proved the dimension: a damaged header must not ask for terabytes.
void WantedVectors::reserve_table() {
  if (result_.table.empty()) result_.table = Tensor<float>({vocabulary_.size(), dimension()});
}

std::span<float> WantedVectors::vector(std::size_t place) {
  const std::size_t entries = vocabulary_.size();
  if (place < entries) return result_.table.matrix().row(place);
  return result_.kept_vectors[place - entries];
}

void WantedVectors::refuse(const Place& place, const std::string& why, bool counted) {
  if (!counted) ++result_.rows;
  if (result_.broken++ == 0) result_.first_broken = fmt::format("{}: {}", to_string(place), why);
  check_share(kSparedAtFirst);
}

void WantedVectors::check_share(std::size_t spared) const {
  if (result_.broken <= spared + result_.rows / kRowsPerBroken) return;
  throw DataError(result_.broken == 1
                      ? result_.first_broken
                      : fmt::format("{} ({} of the first {} rows can't be read)",
                                    result_.first_broken, result_.broken, result_.rows));
}

void WantedVectors::compose(std::size_t place) {
  reserve_table();
  matches_[place] = Match::kExact;
  ++result_.from_subwords;
}

WordVectors WantedVectors::take(const std::string& file, std::size_t promised) {
  check_share(0);
  if (result_.rows == result_.nameless)
    throw DataError(fmt::format("{}: the file holds no word vectors", file));
  reserve_table();
  for (std::size_t entry = 0; entry < vocabulary_.size(); ++entry)
    result_.present.push_back(matches_[entry] != Match::kNone);
  result_.found =
      static_cast<std::size_t>(std::count(result_.present.begin(), result_.present.end(), true));
  result_.promised = promised;
  return std::move(result_);
}

}  // namespace unroll
