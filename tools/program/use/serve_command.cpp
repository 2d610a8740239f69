#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <memory>
#include <string_view>

#include "unroll/core/error.h"
#include "unroll/core/file.h"
#include "unroll/core/parallel.h"
#include "unroll/text/utf8.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/numbers.h"
#include "unroll/tools/program/output.h"
#include "unroll/tools/program/terminal.h"
#include "unroll/tools/server/http_server.h"

namespace unroll {

namespace {

struct ServeFlags {
  ServerOptions server;
  std::string token_file;
  bool quiet = false;
  bool no_access_log = false;
};

/// "2ms", "500us", "10s".
std::chrono::microseconds duration_of(const std::string& flag, const std::string& text) {
  constexpr std::pair<std::string_view, std::int64_t> kUnits[] = {
      {"us", 1}, {"ms", 1000}, {"s", 1'000'000}};
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  constexpr std::int64_t kMost = 3'600'000'000;
  for (const auto& [name, microseconds] : kUnits) {
    if (error == std::errc() && unit == name && count >= 0 && count <= kMost / microseconds) {
      return std::chrono::microseconds(count * microseconds);
    }
  }
  throw UsageError(
      fmt::format("{} {}: expected a time of at most an hour, such as 500us, 2ms or 10s", flag,
                  in_quotes(text)));
}

template <typename Duration>
CLI::Option* add_duration(CLI::App& command, const std::string& flag, Duration& duration,
                          const std::string& shown, const std::string& help) {
  const auto set = [&duration, flag](const std::string& text) {
    duration = std::chrono::duration_cast<Duration>(duration_of(flag, text));
  };
  return command.add_option_function<std::string>(flag, set, help)
      ->type_name("TIME")
      ->default_str(shown);
}

void add_limit_flags(CLI::App& command, ServerOptions& server) {
  command
      .add_option_function<std::string>(
          "--max-body",
          [&server](const std::string& size) { server.max_body = bytes_of_size(size); },
          "The largest request body, such as 64K or 1M")
      ->check(memory_size())
      ->default_str("1M");
  command
      .add_option("--max-queue", server.queue.waiting,
                  "Requests that may wait; more are answered 503")
      ->check(whole_number(1, 1000000))
      ->capture_default_str();
  command
      .add_option("--max-connections", server.max_connections, "Connections; more are answered 503")
      ->check(whole_number(1, 1000000))
      ->capture_default_str();
  add_duration(command, "--deadline", server.deadline, "10s",
               "Requests that wait longer are answered 504");
  add_duration(command, "--read-timeout", server.read_timeout, "10s",
               "Clients that need longer to send a request are cut off");
  add_duration(command, "--idle-timeout", server.idle_timeout, "60s",
               "Connections without a request are closed after this time");
}

/// The file's first line.
std::string token_in(const std::string& path) {
  if (path.empty()) return "";
  const std::string content = read_file(path);
  const std::string token = content.substr(0, content.find_first_of("\r\n"));
  if (token.size() >= 16) return token;
  throw UsageError(
      fmt::format("--token-file {}: its first line has {} bytes; a token has 16 or more, such as "
                  "those of `head -c 24 /dev/urandom | base64`",
                  path, token.size()));
}

void serve(ServeFlags& flags) {
  Terminal terminal(flags.quiet);
  flags.server.token = token_in(flags.token_file);
  if (flags.server.queue.workers == 0) flags.server.queue.workers = thread_count();
  require_stdout();
  const auto access = [](std::string_view line) {
    print("{}\n", line);
    flush_stdout();
  };
  HttpServer server(
      flags.server,
      {.access = flags.no_access_log ? std::function<void(std::string_view)>() : access,
       .note = [&](std::string_view text) { terminal.note(text); },
       .warning = [&](std::string_view text) { terminal.warning(text); }});
  terminal.note(
      fmt::format("serving {} at {}", fmt::join(flags.server.models, ", "), server.address()));
  server.run();
}

}  // namespace

std::string boost_version() {
  return std::string(http_library_version());
}

void add_serve_command(CLI::App& program, int& status) {
  const auto flags = std::make_shared<ServeFlags>();
  CLI::App* command = program.add_subcommand("serve", "Answer requests about texts over HTTP");
  command
      ->add_option("models", flags->server.models,
                   "Folders of models; the first one answers where a request names none")
      ->type_name("DIR")
      ->required();
  command->add_option("--listen", flags->server.listen, "Address and port, or unix:PATH")
      ->type_name("ADDRESS")
      ->capture_default_str();
  command
      ->add_option("--workers", flags->server.queue.workers,
                   "Workers that predict, each with one thread (default: as many as\n"
                   "`unroll doctor` shows threads)")
      ->check(whole_number(1, 256));
  add_precision_flag(*command, flags->server.precision);
  add_duration(*command, "--max-wait", flags->server.queue.max_wait, "0ms",
               "How long a request waits for others, to be one batch with them");
  command
      ->add_option("--token-file", flags->token_file,
                   "File of the token that requests must bring (Authorization: Bearer);\n"
                   "needed where other machines can reach the address")
      ->type_name("FILE");
  add_limit_flags(*command, flags->server);
  command->add_flag("--no-access-log", flags->no_access_log,
                    "Do not print a line of JSON for each request");
  add_quiet_flag(*command, flags->quiet);
  flags->server.queue.workers = 0;  // unless the flag says more
  command->callback([flags, &status] {
    serve(*flags);
    status = 0;
  });
}

}  // namespace unroll
