// How a connection sends what it answers, and breaks off where it was told to.

#include "connection.hpp"
#include "made_up.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>

namespace inferway::mock {

namespace http = boost::beast::http;

namespace {

constexpr auto kResult = asio::as_tuple(asio::use_awaitable);

/// A head as it goes over the wire. A provider's answers bear an id, and so do these.
template <typename Body>
std::string text_of(http::response<Body>& response, http::request<http::string_body> const& request,
                    std::uint64_t number) {
  response.set(http::field::server, "inferway-mock");
  response.set("x-request-id", "req_" + hex(number));
  response.version(request.version());
  std::ostringstream text;
  text << response.base();
  return text.str();  // with the empty line behind the fields
}

bool bears_retry_after(unsigned status) { return status == 429 || status == 503 || status == 529; }

std::string chunk(std::string_view data) {
  std::array<char, 16> size{};
  auto const end = std::to_chars(size.data(), size.data() + size.size(), data.size(), 16).ptr;
  return std::string(size.data(), end).append("\r\n").append(data).append("\r\n");
}

std::string early_hints(std::uint64_t count) {
  std::string all;
  for (std::uint64_t i = 0; i < count; ++i) all += "HTTP/1.1 103 Early Hints\r\nlink: </mock>\r\n\r\n";
  return all;
}

}  // namespace

asio::awaitable<Connection::Then> Connection::send(HttpRequest const& request, Reply const& reply,
                                                   Behaviour const& behaviour) {
  if (reply.generated) {
    co_await pause(behaviour.first_token + behaviour.token_interval * reply.tokens);
    if (gone_) co_return end_early();
  }
  http::response<http::string_body> response;
  response.result(reply.status);
  response.keep_alive(request.keep_alive());
  response.set(http::field::content_type, reply.content_type);
  response.content_length(reply.body.size());
  auto const seconds = std::chrono::ceil<std::chrono::seconds>(behaviour.retry_after).count();
  if (seconds > 0 && bears_retry_after(reply.status)) response.set(http::field::retry_after, std::to_string(seconds));
  bool const cuts = reply.generated && behaviour.cut_after.has_value();
  bool const stalls = reply.generated && behaviour.stall_after.has_value();
  auto text = early_hints(behaviour.early_hints) + text_of(response, request, number_);
  if (request.method() != http::verb::head) {
    text += std::string_view(reply.body).substr(0, cuts || stalls ? reply.body.size() / 2 : reply.body.size());
  }
  bool const sent = co_await write(std::move(text));
  if (!sent) co_return left_bytes_ == 0 ? cut(behaviour) : end_early();
  if (cuts) co_return cut(behaviour);
  if (stalls) co_await stall();
  co_return stalls || response.need_eof() || !request.keep_alive() ? Then::close : Then::go_on;
}

asio::awaitable<Connection::Then> Connection::send(HttpRequest const& request, EventStream const& stream,
                                                   Behaviour const& behaviour) {
  co_await pause(behaviour.first_token);
  if (gone_) co_return end_early();
  ++shared_.streams_started;
  chunked_ = request.version() >= 11;
  http::response<http::empty_body> head;
  head.keep_alive(chunked_ && request.keep_alive());
  head.set(http::field::content_type, "text/event-stream; charset=utf-8");
  head.set(http::field::cache_control, "no-cache");
  head.chunked(chunked_);
  bool sent = co_await write(early_hints(behaviour.early_hints) + text_of(head, request, number_));
  if (sent) sent = co_await send_tokens(stream, behaviour);
  auto const ends = [&](std::optional<std::uint64_t> after) { return sent && after && *after <= stream.tokens; };
  if (ends(behaviour.cut_after)) co_return cut(behaviour);
  if (ends(behaviour.stall_after)) {
    co_await stall();
    co_return Then::close;
  }
  if (sent) sent = co_await send_closing(stream, behaviour);
  if (!sent) co_return left_bytes_ == 0 ? cut(behaviour) : end_early();
  ++shared_.streams_completed;
  co_return chunked_&& request.keep_alive() ? Then::go_on : Then::close;
}

/// The opening and the tokens, as many as the behaviour lets pass. False when the connection broke.
asio::awaitable<bool> Connection::send_tokens(EventStream const& stream, Behaviour const& behaviour) {
  for (auto const& event : stream.opening) {
    bool const sent = co_await send_event(event);
    if (!sent) co_return false;
  }
  auto count = std::min(stream.tokens, behaviour.cut_after.value_or(stream.tokens));
  count = std::min(count, behaviour.stall_after.value_or(count));
  if (stream.failure) count = std::min(count, behaviour.error_after.value_or(count));
  for (std::uint64_t i = 0; i < count; ++i) {
    if (i > 0) co_await pause(behaviour.token_interval);
    bool const sent = co_await send_event(stream.token(i));
    if (!sent) co_return false;
    ++shared_.tokens;
  }
  co_return true;
}

asio::awaitable<bool> Connection::send_closing(EventStream const& stream, Behaviour const& behaviour) {
  bool const fails = stream.failure && behaviour.error_after && *behaviour.error_after <= stream.tokens;
  auto const events = fails ? std::vector<std::string>{stream.failure(behaviour)} : stream.closing();
  for (auto const& event : events) {
    bool const sent = co_await send_event(event);
    if (!sent) co_return false;
  }
  if (!chunked_) co_return true;
  bool const sent = co_await write("0\r\n\r\n");
  co_return sent;
}

/// One event, one chunk, one write.
asio::awaitable<bool> Connection::send_event(std::string event) {
  if (gone_) co_return false;
  bool const sent = co_await write(chunked_ ? chunk(event) : std::move(event));
  co_return sent;
}

/// False when not all of it was sent: the client has gone, or the answer is to be cut here.
asio::awaitable<bool> Connection::write(std::string bytes) {
  bool const is_cut = left_bytes_ && *left_bytes_ <= bytes.size();
  if (is_cut) bytes.resize(*left_bytes_);
  if (left_bytes_) *left_bytes_ -= bytes.size();
  auto const [error, size] = co_await asio::async_write(socket_, asio::buffer(bytes), kResult);
  co_return !error && !is_cut;
}

/// The client has gone before its answer's end.
Connection::Then Connection::end_early() {
  ++shared_.cancelled;
  return Then::close;
}

}  // namespace inferway::mock
