#include "unroll/core/growing_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <system_error>
#include <utility>

#include "unroll/core/file.h"

namespace unroll {

namespace {

constexpr std::size_t kHeldBytes = std::size_t{1} << 20;
constexpr std::string_view kEnding = ".part";

std::filesystem::path part_name(std::filesystem::path path) {
  return path += fmt::format(".{}{}", ::getpid(), kEnding);
}

}  // namespace

GrowingFile::GrowingFile(std::filesystem::path path)
    : path_(std::move(path)),
      temporary_(part_name(path_)),
      file_(::open(temporary_.path().c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) {
  if (file_.number() < 0) refuse_unwritable(path_);
  ::flock(file_.number(), LOCK_EX | LOCK_NB);  // says to others that its writer lives
}

void GrowingFile::write(std::string_view bytes) {
  if (!file_.write_all(bytes)) refuse_unwritable(path_);
}

void GrowingFile::append(std::string_view bytes) {
  size_ += bytes.size();
  if (held_.size() + bytes.size() < kHeldBytes) {
    held_ += bytes;
  } else {
    write_held();
    write(bytes);
  }
}

void GrowingFile::write_held() {
  write(held_);
  held_.clear();
}

void GrowingFile::flush(std::string_view head) {
  write_held();
  if (::lseek(file_.number(), 0, SEEK_SET) < 0) refuse_unwritable(path_);
  write(head);
}

void GrowingFile::finish(std::string_view head) {
  flush(head);
  if (::fsync(file_.number()) != 0) refuse_unwritable(path_);
  if (::rename(temporary_.path().c_str(), path_.c_str()) != 0) refuse_unwritable(path_);
}

void remove_litter(const std::filesystem::path& folder) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    if (entry.path().extension() != kEnding) continue;
    const Descriptor file(::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC));
    const bool is_left = file.number() >= 0 && ::flock(file.number(), LOCK_SH | LOCK_NB) == 0;
    if (is_left) std::filesystem::remove(entry.path(), ignored);
  }
}

}  // namespace unroll
