/// The models that a server has, by name. A file that changes on disk is loaded anew while the old
/// model answers; one that can't be loaded leaves the old model where it is.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/tools/classifier/text_predictor.h"

namespace unroll {

/// A model as it was loaded. Whoever holds one keeps it, whatever is loaded after it.
struct ServedModel {
  ServedModel(std::string model_name, TextClassifier classifier,
              PrecisionChoice precision = PrecisionChoice::kFull)
      : name(std::move(model_name)),
        hash(classifier.hash()),
        predictor(std::move(classifier), WordProducts::kPerBatch, precision) {}

  std::string name;
  std::string hash;
  TextPredictor predictor;
};
using ModelPointer = std::shared_ptr<const ServedModel>;

/// How looking for changed files went, for logs and metrics.
struct ReloadReport {
  std::vector<ModelPointer> loaded;
  std::vector<std::string> errors;
};

/// Safe from several threads.
class ModelStore {
 public:
  /// Loads a model from each path; its name is the folder's, or the file's without extension.
  /// Throws ModelError, and UsageError for two models of one name.
  explicit ModelStore(const std::vector<std::string>& paths,
                      PrecisionChoice precision = PrecisionChoice::kFull);

  /// "" is the first model. Null if there is none of that name.
  ModelPointer find(std::string_view name) const;
  std::vector<ModelPointer> all() const;

  /// Whether some file is another one than what was loaded, or tried, last.
  bool is_stale() const;
  /// Loads the files that changed, or all of them. One call at a time.
  ReloadReport reload(bool all);

 private:
  /// What tells a file from the one that was there before.
  struct Stamp {
    std::filesystem::file_time_type time;
    std::uintmax_t size = 0;
    std::uint64_t inode = 0;
    bool operator==(const Stamp&) const = default;
  };
  struct Place {
    std::string name;
    std::filesystem::path path;
    Stamp stamp;  ///< of what was loaded or tried last
    ModelPointer model;
  };
  static Stamp stamp_of(const std::filesystem::path& path);

  PrecisionChoice precision_;
  mutable std::mutex mutex_;
  std::vector<Place> places_;
};

}  // namespace unroll
