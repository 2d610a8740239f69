#include "unroll/core/mapped_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "unroll/core/error.h"

namespace unroll {

namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& why) {
  throw DataError(fmt::format("{}: can't be read: {}", path.string(), why));
}

[[noreturn]] void fail(const std::filesystem::path& path) {
  fail(path, errno_text());
}

}  // namespace

MappedFile::Stamp MappedFile::stamp_of(int descriptor, const std::filesystem::path& path) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) fail(path);
  if (!S_ISREG(status.st_mode)) fail(path, "it is not a regular file");
  return {static_cast<std::size_t>(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

MappedFile::MappedFile(std::filesystem::path path)
    : path_(std::move(path)), file_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (file_.number() < 0) fail(path_);
  stamp_ = stamp_of(file_.number(), path_);
  size_ = stamp_.size;
  if (size_ == 0) return;
  void* const data = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file_.number(), 0);
  if (data == MAP_FAILED) fail(path_);
  data_ = static_cast<const char*>(data);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<char*>(data_), size_);
}

void MappedFile::release() const noexcept {
  if (data_ != nullptr) ::madvise(const_cast<char*>(data_), size_, MADV_DONTNEED);
}

void MappedFile::for_each_piece(std::string_view bytes, FunctionRef<std::string_view> body) const {
  constexpr std::size_t kPiece = std::size_t{4} << 20;
  for (std::size_t begin = 0; begin < bytes.size(); begin += kPiece) {
    body(bytes.substr(begin, kPiece));
    release();
  }
}

void MappedFile::expect(Range bytes) const noexcept {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t begin = bytes.begin / page * page;
  if (begin < bytes.end && bytes.end <= size_)
    ::madvise(const_cast<char*>(data_) + begin, bytes.end - begin, MADV_WILLNEED);
}

void MappedFile::require_unchanged() const {
  if (stamp_of(file_.number(), path_) == stamp_) return;
  throw DataError(
      fmt::format("{}: the file was changed while it was read; read it again when "
                  "nobody writes to it",
                  path_.string()));
}

}  // namespace unroll
