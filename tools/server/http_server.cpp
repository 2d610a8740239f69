#include "unroll/tools/server/http_server.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/version.hpp>
#include <csignal>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <unordered_set>
#include <utility>

#include "unroll/core/descriptor.h"
#include "unroll/core/error.h"
#include "unroll/tools/server/http_page.h"
#include "unroll/tools/server/metrics.h"

namespace unroll {

namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Protocol = net::generic::stream_protocol;
using Executor = net::io_context::executor_type;  // any_io_executor is copied for each operation
using Acceptor = net::basic_socket_acceptor<Protocol, Executor>;
using Socket = net::basic_stream_socket<Protocol, Executor>;
using Stream = beast::basic_stream<Protocol, Executor>;
using Timer = net::basic_waitable_timer<std::chrono::steady_clock,
                                        net::wait_traits<std::chrono::steady_clock>, Executor>;
using Response = http::response<http::string_body>;
using Clock = std::chrono::steady_clock;
using Code = boost::system::error_code;

constexpr std::size_t kMostHeaderBytes = 16 * 1024;
constexpr std::chrono::seconds kLookForModels{1};
/// How long a client that was refused may go on sending before it is cut off.
constexpr std::chrono::seconds kLinger{1};
/// How long idle connections may still send a request after SIGTERM.
constexpr std::chrono::milliseconds kLastRequests{200};
/// While there are no descriptors, nobody is accepted for so long.
constexpr std::chrono::milliseconds kNoDescriptors{50};

constexpr const char* kJson = "application/json";

std::string utc_now() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z", fmt::gmtime(std::time(nullptr)));
}

/// Where to listen.
struct Address {
  Protocol::endpoint endpoint;
  std::string unix_path;   ///< "" of TCP
  bool is_private = true;  ///< reached from this machine alone
};

UsageError bad_address(const std::string& text) {
  return UsageError(
      fmt::format("{} is no address to listen on; expected 127.0.0.1:8080, [::1]:8080 or "
                  "unix:PATH",
                  text));
}

Address address_of(const std::string& text) {
  if (text.starts_with("unix:")) {
    const std::string path = text.substr(5);
    if (path.empty() || path.size() > 100) throw bad_address(text);
    return {net::local::stream_protocol::endpoint(path), path, true};
  }
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) throw bad_address(text);
  std::string host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  Code wrong;
  const auto ip = net::ip::make_address(host, wrong);
  const std::string port = text.substr(colon + 1);
  const bool is_port = !port.empty() && port.size() <= 5 &&
                       port.find_first_not_of("0123456789") == port.npos &&
                       std::stoul(port) <= 65535;
  if (wrong || !is_port) throw bad_address(text);
  const net::ip::tcp::endpoint endpoint(ip, static_cast<unsigned short>(std::stoul(port)));
  return {endpoint, "", ip.is_loopback()};
}

/// Takes as long for a wrong token as for the right one.
bool is_same(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t k = 0; k < a.size(); ++k) {
    difference |= static_cast<unsigned>(a[k] ^ b[b.empty() ? 0 : k % b.size()]);
  }
  return difference == 0 && !b.empty();
}

std::string models_answer(const std::vector<ModelPointer>& models) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const ModelPointer& model : models) {
    list.push_back(
        {{"name", model->name},
         {"hash", model->hash},
         {"labels", model->predictor.labels()},
         {"any_number_of_labels", model->predictor.classifier().has_any_number_of_labels()}});
  }
  return nlohmann::ordered_json{{"models", std::move(list)}}.dump() + "\n";
}

/// What may be asked of a path, as an Allow header names it.
struct Route {
  std::string_view path;
  http::verb method;
};
constexpr Route kRoutes[] = {{"/", http::verb::get},          {"/healthz", http::verb::get},
                             {"/readyz", http::verb::get},    {"/metrics", http::verb::get},
                             {"/v1/models", http::verb::get}, {"/v1/predict", http::verb::post}};

std::string_view without_query(std::string_view target) {
  return target.substr(0, target.find('?'));
}

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

/// What is sent before the body. Beast's serializer would write it field by field, which takes a
/// request a tenth of its time here.
std::string head_of(const Response& response) {
  std::string head =
      fmt::format("HTTP/1.1 {} {}\r\n", response.result_int(), view(response.reason()));
  for (const auto& field : response) {
    head += view(field.name_string());
    head += ": ";
    head += view(field.value());
    head += "\r\n";
  }
  return head += "\r\n";
}

/// What a connection's failure to read is answered with; nothing where the client is gone.
std::optional<std::pair<http::status, std::string>> answer_to(const Code& error,
                                                              std::size_t max_body) {
  if (error == http::error::body_limit) {
    return std::pair(http::status::payload_too_large,
                     fmt::format("the body is larger than {} bytes", max_body));
  }
  if (error == http::error::header_limit) {
    return std::pair(http::status::request_header_fields_too_large,
                     fmt::format("the headers are larger than {} bytes", kMostHeaderBytes));
  }
  const bool is_gone = error == http::error::end_of_stream || error == http::error::partial_message;
  if (error.category() == http::make_error_code(http::error::bad_method).category() && !is_gone) {
    return std::pair(http::status::bad_request, fmt::format("not HTTP/1.1: {}", error.message()));
  }
  return std::nullopt;
}

}  // namespace

class HttpServer::Engine {
 public:
  Engine(ServerOptions options, ServerLog log);
  ~Engine();

  std::string address() const;
  void run();

 private:
  class Connection;

  void open();
  void deliver(std::vector<PredictionResult> results);
  void wake_workers();
  void accept();
  void accepted(const Code& error, Socket socket);
  void refuse_without_descriptors();
  void wait_for_signals();
  void look_for_models();
  void tell_precision(const ServedModel& model);
  void reload(bool all);
  void reloaded(const ReloadReport& report);
  void drain();

  ServerOptions options_;
  ServerLog log_;
  Address address_;
  ModelStore models_;
  Metrics metrics_;
  std::unordered_set<Connection*> connections_;  // before io_, whose last handlers own connections
  net::io_context io_{1};
  Acceptor acceptor_{io_};
  net::signal_set signals_{io_};
  Timer models_timer_{io_}, accept_timer_{io_};
  Descriptor reserve_{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  std::thread loader_;
  bool is_waking_ = false;
  bool is_loading_ = false;
  bool load_again_ = false;
  bool is_draining_ = false;
  std::uint64_t requests_ = 0;
  std::optional<PredictionQueue> queue_;  // last: its workers end before what they use
};

/// One client. Whatever it waits for holds a pointer to it; the last one to go closes it.
class HttpServer::Engine::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Engine& engine, Socket socket)
      : engine_(engine), stream_(std::move(socket)), deadline_(stream_.get_executor()) {
    engine_.connections_.insert(this);
  }
  ~Connection() { engine_.connections_.erase(this); }

  /// Waits for a request.
  void read() {
    parser_.emplace();
    parser_->header_limit(kMostHeaderBytes);
    parser_->body_limit(engine_.options_.max_body);
    is_idle_ = true;
    stream_.expires_after(engine_.is_draining_ ? kLastRequests : engine_.options_.idle_timeout);
    if (buffer_.size() > 0) {  // a request came behind the last one
      read_head();
      return;
    }
    stream_.async_read_some(buffer_.prepare(4096),
                            [self = shared_from_this()](const Code& error, std::size_t bytes) {
                              self->buffer_.commit(bytes);
                              if (!error) self->read_head();
                            });
  }

  /// Answers 503 and closes.
  void refuse(std::string_view why) {
    parser_.emplace();
    respond_error(http::status::service_unavailable, why, true);
  }

  /// The server ends: an idle connection has a moment left for a request that is on its way.
  void drain() {
    if (!is_idle_) return;
    deadline_.expires_after(kLastRequests);
    deadline_.async_wait([self = shared_from_this()](const Code&) {
      if (self->is_idle_) self->stream_.cancel();
    });
  }

 private:
  void read_head() {
    is_idle_ = false;
    begun_ = Clock::now();
    stream_.expires_after(engine_.options_.read_timeout);
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = shared_from_this()](const Code& error, std::size_t) {
                              error ? self->fail(error) : self->head_is_read();
                            });
  }

  void head_is_read() {
    const auto expect = parser_->get()[http::field::expect];
    if (!beast::iequals(expect, "100-continue")) {
      read_body();
      return;
    }
    const auto go_on = std::make_shared<std::string>("HTTP/1.1 100 Continue\r\n\r\n");
    net::async_write(stream_, net::buffer(*go_on),
                     [self = shared_from_this(), go_on](const Code& error, std::size_t) {
                       if (!error) self->read_body();
                     });
  }

  void read_body() {
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](const Code& error, std::size_t) {
                       error ? self->fail(error) : self->handle();
                     });
  }

  void fail(const Code& error) {
    if (error == beast::error::timeout) {
      ++engine_.metrics_.timeouts;
      return;
    }
    if (const auto answer = answer_to(error, engine_.options_.max_body)) {
      respond_error(answer->first, answer->second, true);
    }
  }

  void handle() {
    stream_.expires_never();
    const std::string_view path = without_query(view(request().target()));
    const Route* const route = std::ranges::find(kRoutes, path, &Route::path);
    if (route == std::end(kRoutes)) {
      respond_error(http::status::not_found, "there is no such path; GET / shows what there is");
    } else if (!is_allowed(*route)) {
      Response response = made(
          http::status::method_not_allowed, kJson,
          error_answer("this path takes " + std::string(view(http::to_string(route->method)))));
      response.set(http::field::allow, http::to_string(route->method));
      respond(std::move(response));
    } else if (!is_authorized(path)) {
      Response response =
          made(http::status::unauthorized, kJson, error_answer("a token is needed"));
      response.set(http::field::www_authenticate, "Bearer");
      respond(std::move(response));
    } else {
      handle(path);
    }
  }

  bool is_allowed(const Route& route) {
    const http::verb method = request().method();
    return method == route.method ||
           (method == http::verb::head && route.method == http::verb::get);
  }

  /// Health, metrics and the page tell nobody anything about texts.
  bool is_authorized(std::string_view path) {
    if (engine_.options_.token.empty() || !path.starts_with("/v1/")) return true;
    constexpr std::string_view kBearer = "Bearer ";
    const std::string_view value = view(request()[http::field::authorization]);
    return value.starts_with(kBearer) &&
           is_same(value.substr(kBearer.size()), engine_.options_.token);
  }

  void handle(std::string_view path) {
    if (path == "/v1/predict") {
      predict();
    } else if (path == "/v1/models") {
      respond(made(http::status::ok, kJson, models_answer(engine_.models_.all())));
    } else if (path == "/metrics") {
      respond(made(http::status::ok, "text/plain; version=0.0.4",
                   engine_.metrics_.text({.waiting = engine_.queue_->waiting(),
                                          .connections = engine_.connections_.size(),
                                          .batches = engine_.queue_->batches(),
                                          .texts = engine_.queue_->texts()})));
    } else if (path == "/") {
      Response response =
          made(http::status::ok, "text/html; charset=utf-8", std::string(kHttpPage));
      response.set("Content-Security-Policy",
                   "default-src 'none'; style-src 'unsafe-inline'; "
                   "script-src 'unsafe-inline'; connect-src 'self'");
      respond(std::move(response));
    } else {
      const bool is_fine = path == "/healthz" || !engine_.is_draining_;
      respond(made(is_fine ? http::status::ok : http::status::service_unavailable, kJson,
                   is_fine ? "{\"status\":\"ok\"}\n" : error_answer("the server ends")));
    }
  }

  void predict() {
    PredictionJob job;
    try {
      job.request = parse_prediction_request(request().body());
    } catch (const DataError& error) {
      respond_error(http::status::bad_request, error.what());
      return;
    }
    job.model = engine_.models_.find(job.request.model);
    if (!job.model) {
      respond_error(
          http::status::not_found,
          fmt::format("there is no model \"{}\"; GET /v1/models names them", job.request.model));
      return;
    }
    texts_ = job.request.texts.size();
    submit(std::move(job));
  }

  void submit(PredictionJob job) {
    job.deadline = job.arrival + engine_.options_.deadline;
    const std::uint64_t number = ++number_;
    job.done = [self = shared_from_this(), number, hash = job.model->hash](PredictionEnd end,
                                                                           std::string text) {
      if (self->number_ == number) self->predicted(end, hash, std::move(text));
    };
    wait_for_deadline(job.deadline, number);
    if (!engine_.queue_->push(std::move(job))) {
      ++number_;
      deadline_.cancel();
      respond_error(http::status::service_unavailable, "too many requests wait; try again");
    }
    engine_.wake_workers();
  }

  void wait_for_deadline(Clock::time_point deadline, std::uint64_t number) {
    deadline_.expires_at(deadline);
    deadline_.async_wait([self = shared_from_this(), number](const Code& error) {
      if (!error && self->number_ == number) self->predicted(PredictionEnd::kLate, "", "");
    });
  }

  void predicted(PredictionEnd end, const std::string& hash, std::string text) {
    ++number_;  // whatever comes later comes too late
    deadline_.cancel();
    switch (end) {
      case PredictionEnd::kAnswered: {
        Response response = made(http::status::ok, kJson, std::move(text));
        response.set("Unroll-Model", hash);
        respond(std::move(response));
        return;
      }
      case PredictionEnd::kLate:
        respond_error(http::status::gateway_timeout,
                      "there was no time for the request; try again");
        return;
      case PredictionEnd::kFailed:
        respond_error(http::status::internal_server_error, text);
        return;
    }
  }

  const http::request<http::string_body>& request() const { return parser_->get(); }

  Response made(http::status status, const char* type, std::string body) const {
    Response response(status, 11);
    response.set(http::field::content_type, type);
    response.body() = std::move(body);
    return response;
  }

  void respond_error(http::status status, std::string_view message, bool closes = false) {
    respond(made(status, kJson, error_answer(message)), closes);
  }

  /// `closes`: the rest of what the client sends is not a request.
  void respond(Response made_response, bool closes = false) {
    response_ = std::move(made_response);
    const bool is_last = closes || engine_.is_draining_ || !request().keep_alive();
    response_.keep_alive(!is_last);
    response_.set("Unroll-Request", std::to_string(++engine_.requests_));
    const double seconds = std::chrono::duration<double>(Clock::now() - begun_).count();
    response_.set("Unroll-Seconds", fmt::format("{:.6f}", seconds));
    response_.prepare_payload();
    if (request().method() == http::verb::head)
      response_.body().clear();  // with its length in the header
    note(seconds);
    head_ = head_of(response_);
    stream_.expires_after(engine_.options_.read_timeout);
    net::async_write(stream_, std::array{net::buffer(head_), net::buffer(response_.body())},
                     [self = shared_from_this(), is_last, closes](const Code& error, std::size_t) {
                       if (!error) self->written(is_last, closes);
                     });
  }

  void written(bool is_last, bool closes) {
    texts_ = 0;
    if (!is_last) {
      read();
      return;
    }
    Code ignored;
    stream_.socket().shutdown(Protocol::socket::shutdown_send, ignored);
    if (closes) {  // or the answer might be lost with what was not read
      stream_.expires_after(kLinger);
      discard();
    }
  }

  void discard() {
    buffer_.consume(buffer_.size());
    stream_.async_read_some(buffer_.prepare(65536),
                            [self = shared_from_this()](const Code& error, std::size_t) {
                              if (!error) self->discard();
                            });
  }

  void note(double seconds) {
    const unsigned status = response_.result_int();
    engine_.metrics_.count(status, seconds);
    if (!engine_.log_.access) return;
    const nlohmann::ordered_json line = {{"time", utc_now()},
                                         {"method", std::string(view(request().method_string()))},
                                         {"target", std::string(view(request().target()))},
                                         {"status", status},
                                         {"bytes", response_.body().size()},
                                         {"texts", texts_},
                                         {"seconds", seconds},
                                         {"request", engine_.requests_}};
    engine_.log_.access(
        line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  }

  Engine& engine_;
  Stream stream_;
  Timer deadline_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  Response response_;
  std::string head_;  // of it
  Clock::time_point begun_ = Clock::now();
  std::uint64_t number_ = 0;  // of the request that waits for an answer
  std::size_t texts_ = 0;
  bool is_idle_ = false;
};

HttpServer::Engine::Engine(ServerOptions options, ServerLog log)
    : options_(std::move(options)),
      log_(std::move(log)),
      address_(address_of(options_.listen)),
      models_(options_.models, options_.precision) {
  if (!address_.is_private && options_.token.empty()) {
    throw mended_by({"token"}, UsageError(fmt::format(
                                   "{} can be reached from other machines, so a token is needed",
                                   options_.listen)));
  }
  for (const ModelPointer& model : models_.all()) tell_precision(*model);
  open();
  queue_.emplace(options_.queue,
                 [this](std::vector<PredictionResult> results) { deliver(std::move(results)); });
}

/// Answers go back to the connections' thread, with the pointers to connections: no worker may be
/// the last one to have one.
void HttpServer::Engine::deliver(std::vector<PredictionResult> results) {
  net::post(io_, [results = std::move(results)]() mutable {
    for (PredictionResult& result : results) result.done(result.end, std::move(result.text));
  });
}

/// Once for all requests that can be read now.
void HttpServer::Engine::wake_workers() {
  if (std::exchange(is_waking_, true)) return;
  net::post(io_, [this] {
    is_waking_ = false;
    queue_->wake();
  });
}

HttpServer::Engine::~Engine() {
  if (loader_.joinable()) loader_.join();
  if (!address_.unix_path.empty()) ::unlink(address_.unix_path.c_str());
}

void HttpServer::Engine::open() {
  try {
    acceptor_.open(address_.endpoint.protocol());
    if (address_.unix_path.empty()) acceptor_.set_option(Acceptor::reuse_address(true));
    acceptor_.bind(address_.endpoint);
    acceptor_.listen(1024);
    acceptor_.non_blocking(true);
  } catch (const boost::system::system_error& error) {
    address_.unix_path.clear();  // it is somebody else's
    throw UsageError(
        fmt::format("{} is not to be had: {}", options_.listen, error.code().message()));
  }
}

std::string HttpServer::Engine::address() const {
  if (!address_.unix_path.empty()) return options_.listen;
  net::ip::tcp::endpoint found;
  const Protocol::endpoint local = acceptor_.local_endpoint();
  std::memcpy(found.data(), local.data(), std::min(local.size(), found.capacity()));
  const std::string host = found.address().to_string();
  return found.address().is_v6() ? fmt::format("[{}]:{}", host, found.port())
                                 : fmt::format("{}:{}", host, found.port());
}

void HttpServer::Engine::run() {
  wait_for_signals();
  look_for_models();
  accept();
  io_.run();
}

void HttpServer::Engine::accept() {
  acceptor_.async_accept(
      [this](const Code& error, Socket socket) { accepted(error, std::move(socket)); });
}

void HttpServer::Engine::accepted(const Code& error, Socket socket) {
  if (is_draining_) return;
  if (error == net::error::no_descriptors || error.value() == ENFILE) {
    refuse_without_descriptors();
    return;
  }
  if (!error) {
    const auto connection = std::make_shared<Connection>(*this, std::move(socket));
    connections_.size() > options_.max_connections
        ? connection->refuse("too many connections; try again")
        : connection->read();
  }
  accept();
}

/// The reserve's descriptor tells one client so, then there is a pause.
void HttpServer::Engine::refuse_without_descriptors() {
  ++metrics_.without_descriptors;
  reserve_ = Descriptor(-1);
  const int client =
      ::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (client >= 0) {
    const std::string body = error_answer("there are no file descriptors left; try again");
    const std::string answer = fmt::format(
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: "
        "close\r\n\r\n{}",
        kJson, body.size(), body);
    (void)!::send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
    ::shutdown(client, SHUT_WR);
    ::close(client);
  }
  reserve_ = Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  accept_timer_.expires_after(kNoDescriptors);
  accept_timer_.async_wait([this](const Code& error) {
    if (!error && !is_draining_) accept();
  });
}

void HttpServer::Engine::wait_for_signals() {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    Code ignored;
    signals_.add(signal, ignored);
  }
  signals_.async_wait([this](const Code& error, int signal) {
    if (error) return;
    if (signal == SIGHUP) {
      reload(true);
      wait_for_signals();
    } else {
      drain();
    }
  });
}

void HttpServer::Engine::look_for_models() {
  models_timer_.expires_after(kLookForModels);
  models_timer_.async_wait([this](const Code& error) {
    if (error || is_draining_) return;
    if (models_.is_stale()) reload(false);
    look_for_models();
  });
}

/// Notes what half is for this model, and what kept layers from it.
void HttpServer::Engine::tell_precision(const ServedModel& model) {
  if (options_.precision != PrecisionChoice::kHalf) return;
  log_.note(fmt::format("model {}: half precision here: {}", model.name,
                        to_string(model.predictor.precision())));
  for (const std::string& matrix : model.predictor.beyond_float16()) {
    log_.warning(fmt::format("model {}: {} is too large for float16; its layer is computed in fp32",
                             model.name, matrix));
  }
}

/// In a thread of its own: requests are answered meanwhile.
void HttpServer::Engine::reload(bool all) {
  if (is_loading_) {
    load_again_ = load_again_ || all;
    return;
  }
  is_loading_ = true;
  if (loader_.joinable()) loader_.join();
  loader_ = std::thread(
      [this, all] { net::post(io_, [this, report = models_.reload(all)] { reloaded(report); }); });
}

void HttpServer::Engine::reloaded(const ReloadReport& report) {
  for (const ModelPointer& model : report.loaded) {
    ++metrics_.reloads;
    log_.note(fmt::format("model {} was loaded, hash {}", model->name, model->hash));
    tell_precision(*model);
  }
  for (const std::string& error : report.errors) {
    ++metrics_.failed_reloads;
    log_.warning(fmt::format("the old model stays: {}", error));
  }
  is_loading_ = false;
  if (std::exchange(load_again_, false) && !is_draining_) reload(true);
}

/// Accepts nobody any more and answers what was accepted. When the last connection is closed there
/// is nothing left to wait for, and `run` returns.
void HttpServer::Engine::drain() {
  is_draining_ = true;
  log_.note("ends when all requests are answered");
  acceptor_.close();
  models_timer_.cancel();
  accept_timer_.cancel();
  for (Connection* connection : connections_) connection->drain();
}

std::string http_library_version() {
  return fmt::format("{}.{}", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000);
}

HttpServer::HttpServer(ServerOptions options, ServerLog log)
    : engine_(std::make_unique<Engine>(std::move(options), std::move(log))) {}

HttpServer::~HttpServer() = default;

std::string HttpServer::address() const {
  return engine_->address();
}

void HttpServer::run() {
  engine_->run();
}

}  // namespace unroll
