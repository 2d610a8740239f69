#include "unroll/tools/server/model_store.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "unroll/core/error.h"

namespace unroll {

namespace {

/// "runs/reviews" and "runs/reviews/" are reviews, and so is reviews.safetensors.
std::string name_of(const std::filesystem::path& path) {
  const std::filesystem::path whole = std::filesystem::absolute(path).lexically_normal();
  const std::filesystem::path last = whole.has_filename() ? whole : whole.parent_path();
  return std::filesystem::is_directory(path) ? last.filename() : last.stem();
}

}  // namespace

ModelStore::Stamp ModelStore::stamp_of(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  std::error_code ignored;
  return {.time = std::filesystem::last_write_time(path, ignored),
          .size = static_cast<std::uintmax_t>(status.st_size),
          .inode = status.st_ino};
}

ModelStore::ModelStore(const std::vector<std::string>& paths, PrecisionChoice precision)
    : precision_(precision) {
  for (const std::string& path : paths) {
    const std::string name = name_of(path);
    if (find(name)) {
      throw UsageError(fmt::format("two models are called {}; rename one of their folders", name));
    }
    const Stamp stamp = stamp_of(TextClassifier::file_of(path));
    auto model = std::make_shared<const ServedModel>(name, TextClassifier::load(path), precision_);
    places_.push_back({name, TextClassifier::file_of(path), stamp, std::move(model)});
  }
}

ModelPointer ModelStore::find(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  if (name.empty()) return places_.empty() ? nullptr : places_.front().model;
  const auto found = std::ranges::find(places_, name, &Place::name);
  return found == places_.end() ? nullptr : found->model;
}

std::vector<ModelPointer> ModelStore::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<ModelPointer> models;
  for (const Place& place : places_) models.push_back(place.model);
  return models;
}

bool ModelStore::is_stale() const {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(
      places_, [](const Place& place) { return place.stamp != stamp_of(place.path); });
}

ReloadReport ModelStore::reload(bool all) {
  ReloadReport report;
  for (std::size_t k = 0; k < places_.size(); ++k) {  // only models and stamps of places change
    Place& place = places_[k];
    const Stamp stamp = stamp_of(place.path);
    if (!all && stamp == place.stamp) continue;
    ModelPointer model;
    try {
      model = std::make_shared<const ServedModel>(place.name, TextClassifier::load(place.path),
                                                  precision_);
    } catch (const std::exception& error) {
      report.errors.push_back(error.what());
    }
    const std::lock_guard lock(mutex_);
    place.stamp = stamp;
    if (model) report.loaded.push_back(place.model = std::move(model));
  }
  return report;
}

}  // namespace unroll
