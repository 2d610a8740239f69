#include "unroll/core/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <deque>
#include <system_error>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/core/temporary.h"

namespace unroll {

namespace {

std::string reason(int number) {
  return std::generic_category().message(number);
}

DataError unreadable(const std::filesystem::path& path, int number) {
  return DataError(fmt::format("{}: can't be read: {}", path.string(), reason(number)));
}

DiskError unwritable(const std::filesystem::path& path, const std::string& why) {
  return DiskError(fmt::format("{}: can't be written: {}. What was there before is unchanged.",
                               path.string(), why));
}

Descriptor open_to_read(const std::filesystem::path& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0) throw unreadable(path, errno);
  return file;
}

/// How many bytes were read; 0 at the end.
std::size_t read_some(const Descriptor& file, std::span<char> bytes,
                      const std::filesystem::path& path) {
  while (true) {
    const ssize_t count = ::read(file.number(), bytes.data(), bytes.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) throw unreadable(path, errno);
  }
}

std::string read_rest(const Descriptor& file, const std::filesystem::path& path) {
  std::string content;
  std::array<char, 1 << 16> block;
  while (const std::size_t count = read_some(file, block, path)) {
    content.append(block.data(), count);
  }
  return content;
}

constexpr int kNewFile = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;

bool write_and_sync(const std::filesystem::path& path, std::span<const std::string_view> pieces) {
  Descriptor file(::open(path.c_str(), kNewFile, 0666));
  if (file.number() < 0) return false;
  for (std::string_view piece : pieces) {
    if (!file.write_all(piece)) return false;
  }
  return ::fsync(file.number()) == 0 && file.close();
}

std::filesystem::path temporary_name(std::filesystem::path path) {
  return path += fmt::format(".{}.tmp", ::getpid());
}

/// A rename would put a file in the place of a device or a pipe.
void refuse_special(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored) && !std::filesystem::is_regular_file(path, ignored)) {
    throw unwritable(path, "it is not a regular file");
  }
}

void write_temporary(const std::filesystem::path& path, const Temporary& temporary,
                     std::span<const std::string_view> pieces) {
  refuse_special(path);
  if (!write_and_sync(temporary.path(), pieces)) throw unwritable(path, reason(errno));
}

bool rename(const Temporary& temporary, const std::filesystem::path& path) {
  return ::rename(temporary.path().c_str(), path.c_str()) == 0;
}

/// A file that was written and takes the place of another one, and can be taken back.
class Replacement {
 public:
  explicit Replacement(const NewFile& file)
      : path_(file.path), temporary_(temporary_name(path_)), before_(before_name()) {
    write_temporary(path_, temporary_, std::span(&file.content, 1));
  }

  const std::filesystem::path& path() const { return path_; }

  /// What was there keeps a second name. errno tells why it failed.
  bool make() {
    had_before_ = ::link(path_.c_str(), before_.path().c_str()) == 0;
    made_ = (had_before_ || errno == ENOENT) && rename(temporary_, path_);
    return made_;
  }

  void undo() {
    if (!made_) return;
    if (had_before_) {
      rename(before_, path_);
    } else {
      ::unlink(path_.c_str());
    }
  }

 private:
  std::filesystem::path before_name() const {
    std::filesystem::path name = path_;
    return temporary_name(name += ".before");
  }

  std::filesystem::path path_;
  Temporary temporary_;
  Temporary before_;
  bool had_before_ = false;
  bool made_ = false;
};

/// While it lives, signals to this thread wait.
class SignalsWait {
 public:
  SignalsWait() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsWait() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsWait(const SignalsWait&) = delete;
  SignalsWait& operator=(const SignalsWait&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

void refuse_unwritable(const std::filesystem::path& path) {
  throw DiskError(fmt::format("{}: can't be written: {}", path.string(), errno_text()));
}

std::string read_file(const std::filesystem::path& path) {
  return read_rest(open_to_read(path), path);
}

InputFile::InputFile(std::filesystem::path path)
    : path_(std::move(path)), file_(open_to_read(path_)) {
  struct stat status {};
  if (::fstat(file_.number(), &status) != 0) throw unreadable(path_, errno);
  regular_ = S_ISREG(status.st_mode);
  if (!regular_) whole_ = read_rest(file_, path_);
  size_ = regular_ ? static_cast<std::size_t>(status.st_size) : whole_.size();
}

InputFile::InputFile(std::string_view bytes, std::filesystem::path name)
    : path_(std::move(name)), file_(-1), memory_(bytes), size_(bytes.size()) {}

InputFile InputFile::of_memory(std::string_view bytes, std::filesystem::path name) {
  return {bytes, std::move(name)};
}

std::size_t InputFile::read(std::span<char> bytes) {
  std::size_t done = 0;
  if (!regular_) {
    const std::string_view all = file_.number() < 0 ? memory_ : std::string_view(whole_);
    done = all.copy(bytes.data(), bytes.size(), taken_);
    taken_ += done;
    return done;
  }
  while (done < bytes.size()) {
    const std::size_t count = read_some(file_, bytes.subspan(done), path_);
    if (count == 0) break;
    done += count;
  }
  return done;
}

void write_file(const std::filesystem::path& path, std::span<const std::string_view> pieces) {
  const Temporary temporary(temporary_name(path));
  write_temporary(path, temporary, pieces);
  if (!rename(temporary, path)) throw unwritable(path, reason(errno));
}

void write_file(const std::filesystem::path& path, std::string_view content) {
  write_file(path, std::span(&content, 1));
}

void write_files(std::span<const NewFile> files) {
  std::deque<Replacement> replacements;
  for (const NewFile& file : files) replacements.emplace_back(file);
  const SignalsWait together;
  for (Replacement& replacement : replacements) {
    if (replacement.make()) continue;
    const int error = errno;
    for (Replacement& made : replacements) made.undo();
    throw unwritable(replacement.path(), reason(error));
  }
}

void try_file(const std::filesystem::path& path, std::size_t bytes) {
  refuse_special(path);
  const Temporary temporary(temporary_name(path));
  const Descriptor file(::open(temporary.path().c_str(), kNewFile, 0666));
  if (file.number() < 0) throw unwritable(path, reason(errno));
  if (bytes == 0) return;
  // What a file system can't say beforehand it says when the file is written.
  const int error = ::posix_fallocate(file.number(), 0, static_cast<off_t>(bytes));
  if (error == ENOSPC || error == EFBIG || error == EDQUOT) throw unwritable(path, reason(error));
}

void make_folder(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) {
    throw DiskError(
        fmt::format("{}: the folder can't be made: {}", path.string(), error.message()));
  }
}

}  // namespace unroll
