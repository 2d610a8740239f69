#include "unroll/core/mapped_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "unroll/core/error.h"

namespace unroll {

namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& why) {
  throw DataError(fmt::format("{}: can't be read: {}", path.string(), why));
}

[[noreturn]] void fail(const std::filesystem::path& path) {
  fail(path, std::generic_category().message(errno));
}

}  // namespace

MappedFile::Stamp MappedFile::stamp_of(int descriptor, const std::filesystem::path& path) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) fail(path);
  if (!S_ISREG(status.st_mode)) fail(path, "it is not a regular file");
  return {static_cast<std::size_t>(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

MappedFile::MappedFile(std::filesystem::path path) : path_(std::move(path)) {
  descriptor_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) fail(path_);
  try {
    stamp_ = stamp_of(descriptor_, path_);
    size_ = stamp_.size;
    if (size_ == 0) return;
    void* const data = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor_, 0);
    if (data == MAP_FAILED) fail(path_);
    data_ = static_cast<const char*>(data);
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<char*>(data_), size_);
  ::close(descriptor_);
}

void MappedFile::release() const noexcept {
  if (data_ != nullptr) ::madvise(const_cast<char*>(data_), size_, MADV_DONTNEED);
}

void MappedFile::expect(Range bytes) const noexcept {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t begin = bytes.begin / page * page;
  if (begin < bytes.end && bytes.end <= size_)
    ::madvise(const_cast<char*>(data_) + begin, bytes.end - begin, MADV_WILLNEED);
}

void MappedFile::require_unchanged() const {
  if (stamp_of(descriptor_, path_) == stamp_) return;
  throw DataError(
      fmt::format("{}: the file was changed while it was read; read it again when "
                  "nobody writes to it",
                  path_.string()));
}

}  // namespace unroll
