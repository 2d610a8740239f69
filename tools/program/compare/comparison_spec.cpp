#include "unroll/tools/program/compare/comparison_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>

#include "unroll/core/error.h"
#include "unroll/text/utf8.h"
#include "unroll/tools/program/run_settings.h"
#include "unroll/tools/program/settings_flags.h"
#include "unroll/tools/program/toml_settings.h"
#include "unroll/tools/program/usage.h"

namespace unroll {

namespace {

constexpr std::size_t kMostFolds = 100;

/// The comparison's own business, or what would make runs differ that are to be compared.
constexpr std::array kOfRuns{std::string_view("out"),         std::string_view("seed"),
                             std::string_view("quiet"),       std::string_view("json"),
                             std::string_view("max-minutes"), std::string_view("tensorboard"),
                             std::string_view("gradflow")};
/// How the data are read: the same for all variants.
constexpr std::array kOfData{std::string_view("train"),           std::string_view("dev"),
                             std::string_view("text-col"),        std::string_view("label-col"),
                             std::string_view("no-header"),       std::string_view("format"),
                             std::string_view("separator"),       std::string_view("quoting"),
                             std::string_view("encoding"),        std::string_view("bad-rows"),
                             std::string_view("label-separator"), std::string_view("weight-col")};

/// Reads one file, with its path for messages.
class SpecReader {
 public:
  SpecReader(const std::string& path, CLI::App& train)
      : path_(path), train_(train), command_(describe(train)) {}

  ComparisonSpec read() {
    const toml::table table = parse_toml(path_);
    for (const auto& [key, node] : in_order(table)) take(*key, *node);
    finish(table);
    return std::move(spec_);
  }

 private:
  [[noreturn]] void refuse(const toml::source_position& at, std::string_view what) const {
    throw UsageError(fmt::format("{}: {}", place_text(path_, at), what));
  }
  [[noreturn]] void refuse(const toml::node& node, std::string_view what) const {
    refuse(node.source().begin, what);
  }

  void take(const toml::key& key, const toml::node& node) {
    static const std::vector<std::string> kKeys{"test",  "folds", "seeds",   "metric",
                                                "pairs", "train", "variants"};
    if (key == "test") return take_test(node);
    if (key == "folds") return take_folds(node);
    if (key == "seeds") return take_seeds(node);
    if (key == "metric") return take_metric(node);
    if (key == "pairs") return take_pairs(node);
    if (key == "train") return take_common(node);
    if (key == "variants") return take_variants(node);
    refuse(key.source().begin,
           fmt::format("a comparison has no key {}{}; it has {}", in_quotes(key.str()),
                       suggestion(key.str(), kKeys), fmt::join(kKeys, ", ")));
  }

  void take_test(const toml::node& node) {
    const auto file = node.value_exact<std::string>();
    if (!file || file->empty() || *file == "-")
      refuse(node, "test is the path of a file in quotes, which every run is tested on");
    spec_.test = *file;
  }

  void take_folds(const toml::node& node) {
    const auto folds = node.value_exact<std::int64_t>();
    if (!folds || *folds < 2 || *folds > static_cast<std::int64_t>(kMostFolds))
      refuse(node, fmt::format("folds is a whole number from 2 to {}", kMostFolds));
    spec_.folds = static_cast<std::size_t>(*folds);
  }

  void take_seeds(const toml::node& node) {
    spec_.seeds.clear();
    if (node.is_array())
      for (const toml::node& item : *node.as_array()) take_seed(item);
    if (spec_.seeds.empty()) refuse(node, "seeds is a list of whole numbers, such as [1, 2, 3]");
  }

  void take_seed(const toml::node& node) {
    const auto seed = node.value_exact<std::int64_t>();
    if (!seed || *seed < 0) refuse(node, "a seed is a whole number, 0 or more");
    if (std::ranges::count(spec_.seeds, static_cast<std::uint64_t>(*seed)) > 0)
      refuse(node, fmt::format("the seed {} is there twice: it would be the same run", *seed));
    spec_.seeds.push_back(static_cast<std::uint64_t>(*seed));
  }

  void take_metric(const toml::node& node) {
    const auto name = node.value_exact<std::string>();
    spec_.metric = name ? metric_from(*name) : std::nullopt;
    if (!spec_.metric || spec_.metric->kind == Metric::Kind::kLoss) {
      refuse(node,
             "metric is what variants are compared by: \"accuracy\", \"micro-f1\", \"macro-f1\" or "
             "\"f1:LABEL\"");
    }
  }

  void take_pairs(const toml::node& node) {
    const auto pairs = node.value_exact<std::string>();
    if (pairs != "first" && pairs != "all")
      refuse(node, "pairs is \"first\" (each variant against the first) or \"all\"");
    spec_.every_pair = pairs == "all";
  }

  void take_common(const toml::node& node) {
    if (!node.is_table()) refuse(node, "train is a table of settings of `unroll train`");
    common_ = settings_of(*node.as_table());
  }

  void take_variants(const toml::node& node) {
    if (!node.is_table()) refuse(node, kNoVariants);
    for (const auto& [key, settings] : in_order(*node.as_table())) take_variant(*key, *settings);
  }

  void take_variant(const toml::key& key, const toml::node& node) {
    const std::string name(key.str());
    const auto is_plain = [](unsigned char c) {
      return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == '+';
    };
    if (name.empty() || name.front() == '.' || name == kFoldsFolder ||
        !std::ranges::all_of(name, is_plain)) {
      refuse(key.source().begin,
             fmt::format("a variant's name is that of a folder: letters, digits, -, _, + and ., "
                         "and not {}",
                         in_quotes(name)));
    }
    if (!node.is_table())
      refuse(node, fmt::format("[variants.{}] is a table of settings of `unroll train`", name));
    own_.push_back({name, settings_of(*node.as_table())});
    for (const Setting& setting : own_.back().settings) refuse_data(setting);
  }

  Settings settings_of(const toml::table& table) const {
    Settings settings = settings_in(table, path_, command_);
    for (const Setting& setting : settings) {
      if (std::ranges::count(kOfRuns, setting.flag) > 0) {
        throw UsageError(
            fmt::format("{}: {} is not for a comparison, which sets it itself or must "
                        "do without: take it out",
                        setting.origin, setting.flag));
      }
    }
    check_each(settings, train_);
    return settings;
  }

  static void refuse_data(const Setting& setting) {
    if (std::ranges::count(kOfData, setting.flag) == 0) return;
    throw UsageError(fmt::format("{}: {} is for [train]: variants are compared on the same data",
                                 setting.origin, setting.flag));
  }

  /// What the file as a whole must have.
  void finish(const toml::table& table) {
    if (own_.size() < 2) refuse(table, kNoVariants);
    if ((spec_.folds == 0) == spec_.test.empty())
      refuse(table, "name a test file or a number of folds, one of both: test = \"test.tsv\"");
    spec_.train = value_of(common_, "train");
    if (spec_.train.empty())
      refuse(table, "[train] has to name the file to train on: train = \"train.tsv\"");
    if (spec_.folds > 0) use_one_seed(table);
    refuse_absent_files(common_);
    for (const Variant& variant : own_) {
      refuse_absent_files(variant.settings);
      spec_.variants.push_back({variant.name, settings_of(variant)});
    }
    warn_of_idle_settings();
  }

  /// Files are there, and can be read again for each run.
  void refuse_absent_files(const Settings& settings) const {
    for (const Setting& setting : settings) {
      const FlagDescription& flag = *find_flag(command_, setting.flag);
      if (!flag.takes_file || setting.value.empty() ||
          std::ranges::count(flag.choices, setting.value) > 0)
        continue;
      refuse_if_absent(setting);
    }
  }

  static void refuse_if_absent(const Setting& setting) {
    const std::filesystem::path path(setting.value);
    std::error_code ignored;
    const bool is_pipe = setting.value == "-" || std::filesystem::is_fifo(path, ignored);
    if (is_pipe) {
      throw UsageError(fmt::format(
          "{}: {} is {}, which can be read only once, and each run reads it: write it to a file",
          setting.origin, setting.flag,
          setting.value == "-" ? "standard input" : in_quotes(setting.value) + ", a pipe"));
    }
    if (!std::filesystem::exists(path, ignored)) {
      throw DataError(
          fmt::format("{}: {}: there is no file {}", setting.origin, setting.flag, setting.value));
    }
  }

  /// All that matter to a variant. What [train] and the preset say of a cell or an optimizer is for
  /// the variants that have it.
  Settings settings_of(const Variant& variant) {
    const Settings all = merged(variant.settings);
    Settings settings = without_idle(all);
    for (const Setting& own : variant.settings) {
      const bool is_idle = std::ranges::count(settings, own.flag, &Setting::flag) == 0 &&
                           std::ranges::count(all, own.flag, &Setting::flag) > 0;
      if (!is_idle) continue;
      if (value_of(all, "cell") != kNoCell)
        settings.push_back(own);  // train would refuse it
      else
        warn_of(own, fmt::format("variant {}", variant.name));
    }
    try {
      refuse_contradictions(settings);
    } catch (const UsageError& error) {
      throw UsageError(fmt::format("variant {}: {}", variant.name, error.what()));
    }
    return settings;
  }

  void warn_of_idle_settings() {
    for (const Setting& setting : common_) {
      const auto is_idle = [&](const Variant& variant) {
        return std::ranges::count(idle_flags(variant.settings), setting.flag) > 0;
      };
      if (std::ranges::all_of(spec_.variants, is_idle)) warn_of(setting, "any variant");
    }
  }

  void warn_of(const Setting& setting, std::string_view whose) {
    spec_.warnings.push_back(
        fmt::format("{}: {} has no effect in {}", setting.origin, setting.flag, whose));
  }

  void use_one_seed(const toml::table& table) {
    if (table.contains("seeds") && spec_.seeds.size() > 1)
      refuse(*table.get("seeds"), "with folds there is one seed: each fold is a run");
    spec_.seeds.resize(1);
  }

  /// The preset, which the variant or [train] names, [train] and the variant.
  Settings merged(const Settings& own) const {
    const std::string preset = value_of(own, "preset", value_of(common_, "preset", "default"));
    const Settings sources[] = {preset_settings(preset), common_, own};
    Settings settings = merge(sources, command_);
    std::erase_if(settings, [](const Setting& setting) { return setting.flag == "preset"; });
    return settings;
  }

  static constexpr std::string_view kNoCell = "none";
  static constexpr std::string_view kNoVariants =
      "a comparison needs two variants or more, each a table of settings: [variants.lstm]";

  const std::string& path_;
  CLI::App& train_;
  CommandDescription command_;
  Settings common_;
  std::vector<Variant> own_;
  ComparisonSpec spec_;
};

}  // namespace

ComparisonSpec read_comparison_spec(const std::string& path, CLI::App& train) {
  return SpecReader(path, train).read();
}

}  // namespace unroll
