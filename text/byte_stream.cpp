#include "unroll/text/byte_stream.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "unroll/core/error.h"

namespace unroll {

namespace {

[[noreturn]] void refuse_stream(const std::string& name) {
  throw DataError(fmt::format("{}: can't be read: {}", name, errno_text()));
}

bool wait_for_input(int descriptor, int milliseconds) {
  pollfd input{.fd = descriptor, .events = POLLIN, .revents = 0};
  return ::poll(&input, 1, milliseconds) > 0;
}

/// Calls read(2), also for an input that somebody made non-blocking, as Node.js does.
std::size_t read_bytes(int descriptor, char* bytes, std::size_t most, const std::string& name) {
  while (true) {
    const ssize_t count = ::read(descriptor, bytes, most);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EAGAIN) {
      wait_for_input(descriptor, -1);
    } else if (errno != EINTR) {
      refuse_stream(name);
    }
  }
}

std::size_t regular_size(int descriptor) {
  struct stat status {};
  const bool is_regular = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  return is_regular ? static_cast<std::size_t>(status.st_size) : 0;
}

}  // namespace

ByteStream::ByteStream(const std::string& path)
    : name_(path == "-" ? "<stdin>" : path),
      descriptor_(path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (descriptor_ < 0) refuse_stream(name_);
  size_on_disk_ = regular_size(descriptor_);
}

ByteStream::~ByteStream() {
  if (descriptor_ != STDIN_FILENO) ::close(descriptor_);
}

bool ByteStream::append_to(std::string& content) {
  if (!compression_) return begin(content);
  return unpacker_ ? append_unpacked(content) : append_block(content);
}

bool ByteStream::ready() const {
  return has_more_ || taken_ < packed_.size() || wait_for_input(descriptor_, 0);
}

bool ByteStream::append_block(std::string& content) {
  const std::size_t before = content.size();
  content.resize(before + kBlockBytes);
  const std::size_t count = read_bytes(descriptor_, content.data() + before, kBlockBytes, name_);
  content.resize(before + count);
  return count > 0;
}

/// Tells how the file is packed. Bytes that begin like no packed file are answered at once: more
/// may come only after the answer.
bool ByteStream::begin(std::string& content) {
  const bool more = append_block(packed_);
  compression_ = compression_of(packed_);
  if (more && !compression_) return true;
  unpacker_ = make_unpacker(compression(), name_);
  if (unpacker_) return append_unpacked(content);
  compression_ = Compression::kNone;
  content += std::exchange(packed_, {});
  return more;
}

bool ByteStream::append_unpacked(std::string& content) {
  if (taken_ == packed_.size() && !has_more_) {
    packed_.clear();
    taken_ = 0;
    if (!append_block(packed_)) return unpacker_->finish(), false;
  }
  const std::size_t before = content.size();
  content.resize(before + kBlockBytes);
  std::string_view packed = std::string_view(packed_).substr(taken_);
  const std::size_t count = unpacker_->unpack(packed, {content.data() + before, kBlockBytes});
  taken_ = packed_.size() - packed.size();
  has_more_ = count == kBlockBytes;
  content.resize(before + count);
  return true;
}

}  // namespace unroll
