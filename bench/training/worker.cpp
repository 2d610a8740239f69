#include "bench/training/worker.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "unroll/core/error.h"

namespace unroll::bench {
namespace {

struct Pipe {
  int read_end;
  int write_end;
};

Pipe make_pipe() {
  std::array<int, 2> ends;
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw DataError("can't make a pipe");
  return {ends[0], ends[1]};
}

/// In the new process: becomes the program, or ends.
[[noreturn]] void become(const std::vector<std::string>& command, int input, int output,
                         std::size_t threads) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a stopped process would outlive us
  ::dup2(input, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::setenv("OMP_NUM_THREADS", std::to_string(threads).c_str(), 1);
  ::setenv("OMP_PROC_BIND", "true", 1);
  ::setenv("OMP_WAIT_POLICY", "active", 1);
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

/// The number behind "name:" in a file of /proc.
long number_in(const std::filesystem::path& file, const std::string& name) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name + ":")) return std::stol(line.substr(name.size() + 1));
  }
  return 0;
}

std::filesystem::path process_folder(pid_t process) {
  return std::filesystem::path("/proc") / std::to_string(process);
}

}  // namespace

TrainingWorker::TrainingWorker(const std::vector<std::string>& command, std::size_t threads)
    : TrainingWorker(std::filesystem::path(command.front()).filename().string()) {
  start(command, threads);
  version_ = read_line();
  ::kill(process_, SIGSTOP);
}

TrainingWorker::TrainingWorker(std::string name) : name_(std::move(name)) {}

TrainingWorker::~TrainingWorker() {
  if (process_ > 0) {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  ::close(to_);
  ::close(from_);
}

void TrainingWorker::start(const std::vector<std::string>& command, std::size_t threads) {
  const Pipe input = make_pipe();
  const Pipe output = make_pipe();
  ::signal(SIGPIPE, SIG_IGN);  // writing to one that has ended is an error, not our end
  process_ = ::fork();
  if (process_ < 0) throw DataError("can't start a process");
  if (process_ == 0) become(command, input.read_end, output.write_end, threads);
  ::close(input.read_end);
  ::close(output.write_end);
  to_ = input.write_end;
  from_ = output.read_end;
}

TrainingTurn TrainingWorker::train() {
  ::kill(process_, SIGCONT);
  const long before = interruptions();
  if (::write(to_, "\n", 1) != 1) throw DataError(name_ + " has ended");
  const std::string answer = read_line();
  const long after = interruptions();
  ::kill(process_, SIGSTOP);
  std::istringstream numbers(answer);
  TrainingTurn turn;
  if (!(numbers >> turn.seconds)) throw DataError(fmt::format("{} answers: {}", name_, answer));
  for (double loss; numbers >> loss;) turn.losses.push_back(loss);
  constexpr double kShortestTurn = 1e-3;  // of the kernel's scheduler, seconds
  const double lost = static_cast<double>(after - before) * kShortestTurn;
  turn.share = std::max(0.0, 1 - lost / turn.seconds);
  return turn;
}

std::string TrainingWorker::read_line() {
  std::string line;
  for (char c; ::read(from_, &c, 1) == 1;) {
    if (c == '\n') return line;
    line += c;
  }
  throw DataError(name_ + " has ended; its message is above");
}

double TrainingWorker::peak_mib() const {
  constexpr double kKibPerMib = 1024;
  return static_cast<double>(number_in(process_folder(process_) / "status", "VmHWM")) / kKibPerMib;
}

long TrainingWorker::interruptions() const {
  long sum = 0;
  for (const auto& task : std::filesystem::directory_iterator(process_folder(process_) / "task")) {
    sum += number_in(task.path() / "status", "nonvoluntary_ctxt_switches");
  }
  return sum;
}

}  // namespace unroll::bench
