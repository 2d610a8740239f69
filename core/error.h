/// Errors: what was expected, what was found, where, and what to do.
///
/// The library throws these and nothing else of its own; it neither prints nor exits. A program
/// maps the kind of an error to an exit status with `exit_status`. The library knows no flags:
/// where an option would mend an error, the error has its name, and a program says how it is set.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace unroll {

/// A place in an input file. Lines and columns count from 1 (columns in bytes); 0 means "not
/// known".
struct Place {
  std::string file;
  std::size_t line = 0;
  std::size_t column = 0;
};

/// `file:line:column`, without the parts that are not known.
std::string to_string(const Place& place);

/// What the system says of its call that failed last (errno), such as "No space left on device".
std::string errno_text();

/// What went wrong, sorted by who must act.
enum class ErrorKind {
  kInternal = 1,     ///< a mistake in the calling code: wrong shapes, wrong order of calls
  kUsage = 2,        ///< a wrong flag, or an output folder that is taken or in use
  kData = 3,         ///< an input file that is missing, unreadable or not what it should be
  kDiverged = 4,     ///< a training whose loss or weights are no longer finite
  kModel = 5,        ///< a model file that is missing, foreign or damaged
  kRequirement = 6,  ///< a check or a requirement that does not hold
  kDisk = 7,         ///< an output that could not be written
  kMemory = 8,       ///< more memory than may be asked for, or than there is
  kRank = 9,         ///< another process of the same training is gone
};

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const noexcept { return kind_; }
  /// The documented exit status of a program that ends with this error.
  int exit_status() const noexcept { return static_cast<int>(kind_); }
  /// Members of structures of options (ReadOptions, TrainClassifierOptions) that would mend it:
  /// "name", or "name=value" where it is known what to set.
  const std::vector<std::string>& options() const noexcept { return options_; }

 private:
  template <typename AnyError>
  friend AnyError mended_by(std::vector<std::string> options, AnyError error);

  ErrorKind kind_;
  std::vector<std::string> options_;
};

/// The error with the options that would mend it.
template <typename AnyError>
AnyError mended_by(std::vector<std::string> options, AnyError error) {
  static_cast<Error&>(error).options_ = std::move(options);
  return error;
}

class ShapeError : public Error {
 public:
  explicit ShapeError(const std::string& message) : Error(ErrorKind::kInternal, message) {}
};

class UsageError : public Error {
 public:
  explicit UsageError(const std::string& message) : Error(ErrorKind::kUsage, message) {}
};

class DataError : public Error {
 public:
  explicit DataError(const std::string& message) : Error(ErrorKind::kData, message) {}
  DataError(const Place& place, const std::string& message)
      : Error(ErrorKind::kData, to_string(place) + ": " + message) {}
};

class ModelError : public Error {
 public:
  explicit ModelError(const std::string& message) : Error(ErrorKind::kModel, message) {}
};

class DiskError : public Error {
 public:
  explicit DiskError(const std::string& message) : Error(ErrorKind::kDisk, message) {}
};

class MemoryError : public Error {
 public:
  explicit MemoryError(const std::string& message) : Error(ErrorKind::kMemory, message) {}
};

}  // namespace unroll
