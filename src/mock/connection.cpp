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

/// What both kinds of answer begin with. A provider's answers bear an id, and so do these.
template <typename Body>
void set_common(http::response<Body>& response, http::request<http::string_body> const& request, std::uint64_t number) {
  response.set(http::field::server, "inferway-mock");
  response.set("x-request-id", "req_" + hex(number));
  response.version(request.version());
  response.keep_alive(request.keep_alive());
}

}  // namespace

Counts Shared::counts() const {
  return {.requests = requests,
          .connections_accepted = connections_accepted,
          .connections_open = connections_open,
          .streams_started = streams_started,
          .streams_completed = streams_completed,
          .cancelled = cancelled,
          .tokens = tokens};
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
    bool const came = co_await self->read(request);
    if (!came) break;
    then = co_await self->respond(request);
  }
  boost::system::error_code ignored;
  self->socket_.close(ignored);  // ends a watch that is still there, which holds the connection, too
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
  watch_for_end();
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
                       {"tokens", counts.tokens}});
  }
  auto const wanted = behaviour_for(asked, behaviour);
  if (!wanted) return error_reply(400, wanted.error().detail, "invalid_request_error", "bad_mock_header");
  behaviour = *wanted;
  auto const dice = static_cast<double>(mix(behaviour.seed, number_) >> 11U) / static_cast<double>(1ULL << 53U);
  if (dice < behaviour.fail_rate && asked.path().starts_with("/v1/")) return status_reply(500);
  return answer(asked, shared_.options.models, behaviour);
}

asio::awaitable<Connection::Then> Connection::send(HttpRequest const& request, Reply const& reply,
                                                   Behaviour const& behaviour) {
  if (reply.generated) {
    co_await pause(behaviour.first_token + behaviour.token_interval * reply.tokens);
    if (gone_) {
      ++shared_.cancelled;
      co_return Then::close;
    }
  }
  http::response<http::string_body> response;
  set_common(response, request, number_);
  response.result(reply.status);
  response.set(http::field::content_type, reply.content_type);
  response.content_length(reply.body.size());
  bool const cut = reply.generated && behaviour.cut_after.has_value();
  if (request.method() != http::verb::head) {
    response.body() = cut ? reply.body.substr(0, reply.body.size() / 2) : reply.body;
  }
  http::response_serializer<http::string_body> serializer(response);
  auto const [error, bytes] = co_await http::async_write(socket_, serializer, kResult);
  if (error) ++shared_.cancelled;
  co_return error || cut || response.need_eof() || !request.keep_alive() ? Then::close : Then::go_on;
}

asio::awaitable<Connection::Then> Connection::send(HttpRequest const& request, EventStream const& stream,
                                                   Behaviour const& behaviour) {
  co_await pause(behaviour.first_token);
  if (gone_) {
    ++shared_.cancelled;
    co_return Then::close;
  }
  ++shared_.streams_started;
  chunked_ = request.version() >= 11;
  http::response<http::empty_body> head;
  set_common(head, request, number_);
  head.set(http::field::content_type, "text/event-stream; charset=utf-8");
  head.set(http::field::cache_control, "no-cache");
  head.chunked(chunked_);
  if (!chunked_) head.keep_alive(false);
  http::response_serializer<http::empty_body> serializer(head);
  auto const [error, bytes] = co_await http::async_write_header(socket_, serializer, kResult);
  if (error) {
    ++shared_.cancelled;
    co_return Then::close;
  }
  bool const told = co_await send_tokens(stream, behaviour);
  if (told && behaviour.cut_after && *behaviour.cut_after <= stream.tokens) co_return Then::close;
  bool ended = false;
  if (told) ended = co_await send_closing(stream);
  ++(ended ? shared_.streams_completed : shared_.cancelled);
  co_return ended&& chunked_&& request.keep_alive() ? Then::go_on : Then::close;
}

/// The opening and the tokens, as many as the behaviour lets pass. False when the client went.
asio::awaitable<bool> Connection::send_tokens(EventStream const& stream, Behaviour const& behaviour) {
  for (auto const& event : stream.opening) {
    bool const sent = co_await send_event(event);
    if (!sent) co_return false;
  }
  auto const count = std::min(stream.tokens, behaviour.cut_after.value_or(stream.tokens));
  for (std::uint64_t i = 0; i < count; ++i) {
    if (i > 0) co_await pause(behaviour.token_interval);
    bool const sent = co_await send_event(stream.token(i));
    if (!sent) co_return false;
    ++shared_.tokens;
  }
  co_return true;
}

asio::awaitable<bool> Connection::send_closing(EventStream const& stream) {
  auto const events = stream.closing();
  for (auto const& event : events) {
    bool const sent = co_await send_event(event);
    if (!sent) co_return false;
  }
  if (!chunked_) co_return true;
  auto const [error, bytes] = co_await asio::async_write(socket_, http::make_chunk_last(), kResult);
  co_return !error;
}

/// One event, one chunk, one write.
asio::awaitable<bool> Connection::send_event(std::string event) {
  if (gone_) co_return false;
  if (chunked_) {
    auto const [error, bytes] = co_await asio::async_write(socket_, http::make_chunk(asio::buffer(event)), kResult);
    co_return !error;
  }
  auto const [error, bytes] = co_await asio::async_write(socket_, asio::buffer(event), kResult);
  co_return !error;
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
