#include "unroll/tools/program/child_program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <new>

#include "unroll/core/descriptor.h"
#include "unroll/core/error.h"

namespace unroll {

namespace {

constexpr const char* kThisProgram = "/proc/self/exe";
constexpr int kMilliseconds = 500;  // between two looks at what goes on meanwhile

[[noreturn]] void fail(const char* what) {
  if (errno == ENOMEM) throw std::bad_alloc();
  throw DiskError(fmt::format("{}: {}", what, errno_text()));
}

/// A file in memory that is read from its beginning.
Descriptor file_with(std::string_view content) {
  Descriptor file(::memfd_create("settings", MFD_CLOEXEC));
  if (file.number() < 0 || !file.write_all(content)) fail("no file in memory");
  ::lseek(file.number(), 0, SEEK_SET);
  return file;
}

/// A file to read from, from its beginning.
Descriptor opened(const std::string& path) {
  Descriptor file(::open(path.empty() ? "/dev/null" : path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0) fail("no standard input for a run");
  return file;
}

/// Becomes the other program. Between fork and exec, whatever other threads there were, only calls
/// that signal handlers may do are safe.
[[noreturn]] void become(char* const* words, int input, pid_t parent) {
  constexpr int kNoProgram = 127;  // as a shell says it
  ::setpgid(0, 0);                 // a Ctrl-C of the terminal reaches it by its parent alone
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(kNoProgram);
  const int output = ::open("/dev/null", O_WRONLY);
  ::dup2(input, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::execv(kThisProgram, words);
  ::_exit(kNoProgram);
}

class Child {
 public:
  explicit Child(const ChildProgram& program) {
    const Descriptor settings = file_with(program.settings);
    const Descriptor input = opened(program.input);
    const std::string config = fmt::format("/dev/fd/{}", settings.number());
    std::vector<char*> words{const_cast<char*>("unroll")};
    for (const std::string& argument : program.arguments)
      words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(const_cast<char*>("--config"));
    words.push_back(const_cast<char*>(config.c_str()));
    words.push_back(nullptr);
    int ends[2] = {};
    if (::pipe2(ends, O_CLOEXEC) != 0) fail("no pipe");
    end_ = Descriptor(ends[0]);
    Descriptor of_child(ends[1]);
    const pid_t parent = ::getpid();
    id_ = ::fork();
    if (id_ < 0) fail("no process for a run");
    if (id_ > 0) return;
    ::fcntl(of_child.number(), F_SETFD, 0);  // open as long as the child lives
    ::fcntl(settings.number(), F_SETFD, 0);
    become(words.data(), input.number(), parent);
  }

  void signal(int number) const { ::kill(id_, number); }

  /// Waits for the end, a signal, or a second.
  bool has_ended() const {
    struct pollfd end {
      end_.number(), POLLIN, 0
    };
    return ::poll(&end, 1, kMilliseconds) > 0;
  }

  int exit_status() const {
    int status = 0;
    while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  Descriptor end_{-1};  // a pipe whose other end the child holds: it ends with the child
  pid_t id_ = -1;
};

}  // namespace

int run_program(const ChildProgram& program, const InterruptGuard& guard,
                const std::function<ChildMay()>& meanwhile) {
  const Child child(program);
  bool is_told = false;
  while (!child.has_ended()) {
    const ChildMay may = meanwhile();
    if (may == ChildMay::kDie) child.signal(SIGKILL);
    const bool must_end = guard.interrupted() || may == ChildMay::kEnd;
    if (must_end && !is_told)
      child.signal(guard.interrupted() ? guard.exit_status() - 128 : SIGTERM);
    is_told = must_end;
  }
  return child.exit_status();
}

}  // namespace unroll
