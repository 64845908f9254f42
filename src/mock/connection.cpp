#include "connection.hpp"

#include "conversation.hpp"
#include "inferway/base/text.hpp"
#include "made_up.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http.hpp>

#include <cerrno>
#include <chrono>
#include <sys/socket.h>

namespace inferway::mock {

namespace http = boost::beast::http;

namespace {

constexpr auto kResult = asio::as_tuple(asio::use_awaitable);
constexpr std::uint64_t kMaxBody = 1ULL << 30U;
constexpr std::uint32_t kMaxHead = 256 * 1024;

Request request_of(http::request<http::string_body> const& from) {
  Request request{
      .method = std::string(from.method_string()),
      .target = std::string(from.target()),
      .headers = {},
      .body = from.body(),
      .now = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
                 .count()};
  for (auto const& header : from) request.headers.emplace_back(header.name_string(), header.value());
  return request;
}

/// The behaviour that the request asks for by its headers.
Result<Behaviour> behaviour_for(Request const& request, Behaviour behaviour) {
  constexpr std::string_view kPrefix = "x-mock-";
  for (auto const& [name, value] : request.headers) {
    auto const key = lower(name);
    if (!key.starts_with(kPrefix)) continue;
    auto const done = set(behaviour, std::string_view(key).substr(kPrefix.size()), value);
    if (!done) return std::unexpected(done.error());
  }
  return behaviour;
}

/// Which of the calls fare ill the seed decides; by each kind of misfortune another share of them.
bool strikes(Behaviour const& behaviour, double share, std::uint64_t number, std::uint64_t kind) {
  auto const bits = mix(kind == 0 ? behaviour.seed : mix(behaviour.seed, kind), number) >> 11U;
  return static_cast<double>(bits) / static_cast<double>(1ULL << 53U) < share;
}

constexpr std::uint64_t kFails = 0;
constexpr std::uint64_t kIsClosed = 1;
constexpr std::uint64_t kIsNeverAnswered = 2;
constexpr std::uint64_t kIdles = 3;

}  // namespace

Counts Shared::counts() const {
  return {.requests = requests,
          .connections_accepted = connections_accepted,
          .connections_open = connections_open,
          .streams_started = streams_started,
          .streams_completed = streams_completed,
          .cancelled = cancelled,
          .tokens = tokens,
          .cut = cut,
          .health_checks = health_checks};
}

Connection::Connection(asio::ip::tcp::socket socket, Shared& shared)
    : socket_(std::move(socket)), timer_(socket_.get_executor()), shared_(shared) {
  boost::system::error_code ignored;  // a Unix peer, or one that has gone: the first read shows it
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  ++shared_.connections_accepted;
  ++shared_.connections_open;
}

Connection::~Connection() { --shared_.connections_open; }

asio::awaitable<void> Connection::run(std::shared_ptr<Connection> self) {
  for (auto then = Then::go_on; then == Then::go_on;) {
    HttpRequest request;
    bool const begins = co_await self->await_request();
    if (!begins) break;
    bool const came = co_await self->read(request);
    if (!came) break;
    then = co_await self->respond(request);
  }
  boost::system::error_code ignored;
  self->socket_.close(ignored);  // ends a watch that is still there, which holds the connection, too
}

/// False when the connection is closed because no request came in time.
asio::awaitable<bool> Connection::await_request() {
  if (idle_close_.count() == 0 || number_ == 0 || buffer_.size() > 0) co_return true;
  auto const share = mix(mix(shared_.options.behaviour.seed, kIdles), number_) % 1'000'000;
  timer_.expires_after(std::chrono::microseconds(idle_close_) * share / 1'000'000);
  idle_ = true;
  timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    boost::system::error_code ignored;
    if (!error && self->idle_) self->socket_.cancel(ignored);
  });
  auto const [error] = co_await socket_.async_wait(asio::ip::tcp::socket::wait_read, kResult);
  idle_ = false;
  timer_.cancel();
  co_return !error;
}

/// False when no whole request came.
asio::awaitable<bool> Connection::read(HttpRequest& request) {
  http::request_parser<http::string_body> parser;
  parser.body_limit(kMaxBody);
  parser.header_limit(kMaxHead);
  auto const [head_error, head_bytes] = co_await http::async_read_header(socket_, buffer_, parser, kResult);
  if (head_error) co_return false;
  if (iequals(parser.get()[http::field::expect], "100-continue")) {
    static constexpr std::string_view kGoOn = "HTTP/1.1 100 Continue\r\n\r\n";
    auto const [error, bytes] = co_await asio::async_write(socket_, asio::buffer(kGoOn), kResult);
    if (error) co_return false;
  }
  auto const [error, bytes] = co_await http::async_read(socket_, buffer_, parser, kResult);
  if (error) co_return false;
  request = parser.release();
  co_return true;
}

asio::awaitable<Connection::Then> Connection::respond(HttpRequest const& request) {
  number_ = ++shared_.requests;
  auto behaviour = shared_.options.behaviour;
  auto const answer = answer_to(request, behaviour);
  if (auto const* const opened = std::get_if<Realtime>(&answer)) {
    RealtimeSession session(opened->model, behaviour, request_of(request).now, number_);
    auto conversation = std::make_shared<Conversation>(std::move(socket_), std::move(session), behaviour, shared_);
    co_await Conversation::run(std::move(conversation), request, number_);
    co_return Then::close;
  }
  left_bytes_ = behaviour.cut_bytes;
  idle_close_ = behaviour.idle_close;
  bool const is_call = request.target().starts_with("/v1/");
  if (is_call && strikes(behaviour, behaviour.close_rate, number_, kIsClosed)) co_return cut(behaviour);
  watch_for_end();
  if (is_call && strikes(behaviour, behaviour.stall_head, number_, kIsNeverAnswered)) {
    co_await stall();
    co_return Then::close;
  }
  auto then = Then::close;
  if (auto const* const reply = std::get_if<Reply>(&answer)) {
    then = co_await send(request, *reply, behaviour);
  } else {
    then = co_await send(request, std::get<EventStream>(answer), behaviour);
  }
  boost::system::error_code ignored;
  socket_.cancel(ignored);  // the watch
  if (gone_) co_return Then::close;
  co_return then;
}

/// GET /health, which POST /mock/health?status=503 lets answer so.
Reply Connection::health(Request const& asked) {
  constexpr std::string_view kStatus = "?status=";
  if (asked.path() == "/mock/health") {
    auto const query = std::string_view(asked.target).substr(asked.path().size());
    auto const status = query.starts_with(kStatus) ? parse_decimal(query.substr(kStatus.size())) : std::nullopt;
    if (asked.method != "POST" || !status || *status < 200 || *status > 599) {
      return error_reply(400, "POST /mock/health?status=503 sets what /health answers.", "invalid_request_error", "");
    }
    shared_.health_status = static_cast<unsigned>(*status);
  }
  auto reply = json_reply({{"status", shared_.health_status == 200 ? "ok" : "unhealthy"}});
  if (asked.path() == "/health") {
    ++shared_.health_checks;
    reply.status = shared_.health_status;
  }
  return reply;
}

/// `behaviour` becomes what holds for this request.
Answer Connection::answer_to(HttpRequest const& request, Behaviour& behaviour) {
  auto const asked = request_of(request);
  if (asked.path() == "/stats") {
    auto const counts = shared_.counts();
    return json_reply({{"requests", counts.requests},
                       {"connections_accepted", counts.connections_accepted},
                       {"connections_open", counts.connections_open},
                       {"streams_started", counts.streams_started},
                       {"streams_completed", counts.streams_completed},
                       {"cancelled", counts.cancelled},
                       {"tokens", counts.tokens},
                       {"cut", counts.cut},
                       {"health_checks", counts.health_checks}});
  }
  if (asked.path() == "/health" || asked.path() == "/mock/health") return health(asked);
  auto const wanted = behaviour_for(asked, behaviour);
  if (!wanted) return error_reply(400, wanted.error().detail, "invalid_request_error", "bad_mock_header");
  behaviour = *wanted;
  bool const fails = strikes(behaviour, behaviour.fail_rate, number_, kFails);
  if (fails && asked.path().starts_with("/v1/")) return status_reply(500);
  return answer(asked, shared_.options.models, behaviour);
}

/// Ends the connection, as an answer that is broken off ends.
Connection::Then Connection::cut(Behaviour const& behaviour) {
  ++shared_.cut;
  boost::system::error_code ignored;
  if (behaviour.reset) socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  return Then::close;
}

/// Waits until the client goes.
asio::awaitable<void> Connection::stall() {
  while (!gone_) co_await pause(std::chrono::hours(24));
  ++shared_.cancelled;
}

asio::awaitable<void> Connection::pause(std::chrono::milliseconds duration) {
  // gone_ is asked before the wait: a cancel between two operations would be lost.
  if (gone_ || duration.count() == 0) co_return;
  timer_.expires_after(duration);
  co_await timer_.async_wait(kResult);
}

/// While an answer is under way nothing is read, so the client's going is seen by waiting for something to read. Bytes
/// of a next request end the watch.
void Connection::watch_for_end() {
  socket_.async_wait(asio::ip::tcp::socket::wait_read, [self = shared_from_this()](boost::system::error_code error) {
    if (!error) self->look_for_end();
  });
}

void Connection::look_for_end() {
  char byte = 0;
  auto const count = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  bool const nothing_yet = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
  if (nothing_yet) {
    watch_for_end();  // the wake-up was for bytes that were read since
  } else if (count <= 0) {
    gone_ = true;
    timer_.cancel();
    boost::system::error_code ignored;
    socket_.cancel(ignored);  // a write that waits for the client
  }
}

}  // namespace inferway::mock
