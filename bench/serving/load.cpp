// serving_load PORT CONNECTIONS SECONDS REQUESTS BODIES [latencies]: a load generator for
// `unroll serve`. CONNECTIONS to 127.0.0.1:PORT ask POST /v1/predict all the time, each request
// with the next line of the file BODIES, until SECONDS are over or REQUESTS are answered (0: no
// such limit). Every answer to the same body must have the same bytes. It prints one JSON object:
//
//     {"requests": 1000, "seconds": 2.1, "p50_us": 310, "p99_us": 900, "errors": 0, "differing": 0,
//      "statuses": {"200": 1000}, "us": [310, …]}
//
// `errors` counts connections that broke; each is made anew. `us`, with `latencies`, has every
// request's microseconds. One thread does it all, so that little of the processor is taken from the
// server.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Plan {
  unsigned short port = 0;
  std::size_t connections = 1;
  double seconds = 0;
  std::size_t requests = 0;
  std::vector<std::string> texts;  ///< whole HTTP requests
};

struct Tally {
  std::size_t errors = 0, differing = 0;
  std::map<int, std::size_t> statuses;
  std::vector<float> microseconds;
};

std::vector<std::string> requests_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> requests;
  for (std::string body; std::getline(file, body);) {
    requests.push_back(
        "POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        "Content-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  if (requests.empty()) throw std::runtime_error(path + " has no lines");
  return requests;
}

int connect_to(unsigned short port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("can't connect");
  return socket;
}

/// A whole answer at the beginning of what was received, or nothing yet.
struct Answer {
  std::size_t size = 0;  ///< 0: not whole
  int status = 0;
  std::string_view body;
};

std::size_t number_behind(std::string_view text, std::string_view name) {
  const std::size_t at = text.find(name);
  std::size_t number = 0;
  if (at != text.npos)
    std::from_chars(text.data() + at + name.size(), text.data() + text.size(), number);
  return number;
}

Answer answer_in(std::string_view received) {
  const std::size_t end = received.find("\r\n\r\n");
  if (end == received.npos) return {};
  const std::string_view head = received.substr(0, end + 2);
  const std::size_t length = number_behind(head, "\r\nContent-Length: ");
  if (received.size() < end + 4 + length) return {};
  return {end + 4 + length, static_cast<int>(number_behind(head, "HTTP/1.1 ")),
          received.substr(end + 4, length)};
}

class Load {
 public:
  explicit Load(const Plan& plan) : plan_(plan), expected_(plan.texts.size()) {}

  Tally run() {
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    connections_.resize(plan_.connections);
    for (std::size_t k = 0; k < connections_.size(); ++k) {
      open(k);
      send_next(connections_[k]);
    }
    const auto end = Clock::now() + std::chrono::duration<double>(plan_.seconds);
    while (answered_ < sent_) {
      is_over_ = is_over_ || (plan_.seconds > 0 && Clock::now() >= end);
      wait();
    }
    for (const Connection& connection : connections_) ::close(connection.socket);
    ::close(epoll_);
    return std::move(tally_);
  }

 private:
  struct Connection {
    int socket = -1;
    std::size_t text = 0;
    bool is_waiting = false;  ///< for an answer
    Clock::time_point begun;
    std::string received;
  };

  void open(std::size_t k) {
    Connection& connection = connections_[k];
    connection.socket = connect_to(plan_.port);
    connection.received.clear();
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = k;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.socket, &event);
  }

  void send_next(Connection& connection) {
    if (is_over_ || (plan_.requests > 0 && sent_ >= plan_.requests)) return;
    connection.text = sent_++ % plan_.texts.size();
    connection.is_waiting = true;
    connection.begun = Clock::now();
    for (std::string_view rest = plan_.texts[connection.text]; !rest.empty();) {
      const ssize_t bytes = ::send(connection.socket, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (bytes <= 0) return;  // the next event says that it broke
      rest.remove_prefix(static_cast<std::size_t>(bytes));
    }
  }

  void wait() {
    constexpr int kEvents = 64, kMilliseconds = 100;
    epoll_event events[kEvents];
    const int count = ::epoll_wait(epoll_, events, kEvents, kMilliseconds);
    for (int e = 0; e < count; ++e) receive(events[e].data.u64);
  }

  void receive(std::size_t k) {
    Connection& connection = connections_[k];
    char piece[65536];
    const ssize_t bytes = ::recv(connection.socket, piece, sizeof piece, 0);
    if (bytes <= 0) {
      broke(k);
      return;
    }
    connection.received.append(piece, static_cast<std::size_t>(bytes));
    const Answer answer = answer_in(connection.received);
    if (answer.size == 0) return;
    count(connection, answer);
    connection.received.erase(0, answer.size);
    send_next(connection);
  }

  void broke(std::size_t k) {
    ++tally_.errors;
    if (std::exchange(connections_[k].is_waiting, false)) ++answered_;
    ::close(connections_[k].socket);
    open(k);
    send_next(connections_[k]);
  }

  void count(Connection& connection, const Answer& answer) {
    connection.is_waiting = false;
    ++answered_;
    ++tally_.statuses[answer.status];
    tally_.microseconds.push_back(
        std::chrono::duration<float, std::micro>(Clock::now() - connection.begun).count());
    std::string& expected = expected_[connection.text];
    if (answer.status != 200) return;
    if (expected.empty()) expected = answer.body;
    if (expected != answer.body) ++tally_.differing;
  }

  const Plan& plan_;
  int epoll_ = -1;
  std::vector<Connection> connections_;
  std::vector<std::string> expected_;  ///< the first answer to each text
  std::size_t sent_ = 0, answered_ = 0;
  bool is_over_ = false;
  Tally tally_;
};

void print(const Tally& tally, double seconds, bool has_latencies) {
  std::vector<float> sorted = tally.microseconds;
  std::ranges::sort(sorted);
  const auto quantile = [&](double part) {
    const auto last = static_cast<double>(sorted.size()) - 1;
    return sorted.empty() ? 0.0
                          : static_cast<double>(sorted[static_cast<std::size_t>(part * last)]);
  };
  std::printf(
      "{\"requests\": %zu, \"seconds\": %.6f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"errors\": %zu, "
      "\"differing\": %zu, \"statuses\": {",
      sorted.size(), seconds, quantile(0.5), quantile(0.99), tally.errors, tally.differing);
  const char* between = "";
  for (const auto& [status, times] : tally.statuses) {
    std::printf("%s\"%d\": %zu", between, status, times);
    between = ", ";
  }
  std::printf("}, \"us\": [");
  between = "";
  for (std::size_t k = 0; has_latencies && k < tally.microseconds.size(); ++k) {
    std::printf("%s%.1f", between, static_cast<double>(tally.microseconds[k]));
    between = ", ";
  }
  std::printf("]}\n");
}

}  // namespace

int main(int count, char** arguments) try {
  if (count < 6) throw std::runtime_error("expected PORT CONNECTIONS SECONDS REQUESTS BODIES");
  const Plan plan{.port = static_cast<unsigned short>(std::atoi(arguments[1])),
                  .connections = static_cast<std::size_t>(std::atoi(arguments[2])),
                  .seconds = std::atof(arguments[3]),
                  .requests = static_cast<std::size_t>(std::atoi(arguments[4])),
                  .texts = requests_of(arguments[5])};
  const auto begun = Clock::now();
  const Tally tally = Load(plan).run();
  print(tally, std::chrono::duration<double>(Clock::now() - begun).count(), count > 6);
} catch (const std::exception& error) {
  std::fprintf(stderr, "serving_load: %s\n", error.what());
  return 1;
}
