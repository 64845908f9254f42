#include "conversation.hpp"

#include "made_up.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/websocket.hpp>

namespace inferway::mock {

namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;

namespace {

constexpr auto kResult = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMaxMessage = 64ULL << 20U;
constexpr std::string_view kSubprotocol = "realtime";

bool offers_subprotocol(http::request<http::string_body> const& request) {
  return http::token_list(request[http::field::sec_websocket_protocol]).exists(kSubprotocol);
}

}  // namespace

Conversation::Conversation(asio::ip::tcp::socket socket, RealtimeSession session, Behaviour const& behaviour,
                           Shared& shared)
    : socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      arrival_(socket_.get_executor(), asio::steady_timer::time_point::max()),
      session_(std::move(session)),
      behaviour_(behaviour),
      shared_(shared) {}

asio::awaitable<void> Conversation::run(std::shared_ptr<Conversation> self, http::request<http::string_body> request,
                                        std::uint64_t number) {
  auto& socket = self->socket_;
  websocket::permessage_deflate deflate;
  deflate.server_enable = true;
  socket.set_option(deflate);
  socket.read_message_max(kMaxMessage);
  bool const named = offers_subprotocol(request);
  socket.set_option(websocket::stream_base::decorator([named, number](websocket::response_type& response) {
    response.set(http::field::server, "inferway-mock");
    response.set("x-request-id", "req_" + hex(number));
    if (named) response.set(http::field::sec_websocket_protocol, kSubprotocol);
  }));
  auto const [error] = co_await socket.async_accept(request, kResult);
  if (error) co_return;
  socket.text(true);
  asio::co_spawn(socket.get_executor(), listen(self), asio::detached);
  bool open = co_await self->say(self->session_.opening());
  while (open) {
    if (self->heard_.empty()) {
      if (self->over_) break;
      co_await self->arrival_.async_wait(kResult);
      continue;
    }
    auto stream = self->session_.answer(self->heard_.front());
    self->heard_.pop_front();
    open = co_await self->answer(std::move(stream));
  }
  boost::system::error_code ignored;
  socket.next_layer().close(ignored);  // ends listen(), which keeps the conversation, too
}

/// Reads message after message, also while an answer is under way: so a client that goes is noticed at once. Pings
/// and the closing handshake are answered within the read.
asio::awaitable<void> Conversation::listen(std::shared_ptr<Conversation> self) {
  while (!self->over_) {
    boost::beast::flat_buffer buffer;
    auto const [error, bytes] = co_await self->socket_.async_read(buffer, kResult);
    if (error) {
      self->over_ = true;
      self->timer_.cancel();
    } else {
      self->heard_.push_back(boost::beast::buffers_to_string(buffer.data()));
    }
    self->arrival_.cancel();
  }
}

asio::awaitable<bool> Conversation::say(std::string event) {
  if (over_) co_return false;
  auto const [error, bytes] = co_await socket_.async_write(asio::buffer(event), kResult);
  co_return !error;
}

/// All of these, in order. False: the conversation is over.
asio::awaitable<bool> Conversation::say_all(std::vector<std::string> events) {
  for (auto const& event : events) {
    bool const said = co_await say(event);
    if (!said) co_return false;
  }
  co_return true;
}

/// An answer, with the time its tokens take.
asio::awaitable<bool> Conversation::answer(EventStream stream) {
  if (stream.token == nullptr) co_return co_await say_all(stream.opening);
  co_await pause(behaviour_.first_token);
  ++shared_.streams_started;
  bool const told = co_await tell(stream);
  if (told && behaviour_.cut_after && *behaviour_.cut_after <= stream.tokens) co_return false;
  bool ended = false;
  if (told) ended = co_await say_all(stream.closing());
  ++(ended ? shared_.streams_completed : shared_.cancelled);
  co_return ended;
}

/// The opening and the tokens, as many as the behaviour lets pass. `stream` stays until it returns.
asio::awaitable<bool> Conversation::tell(EventStream const& stream) {
  bool const opened = co_await say_all(stream.opening);
  if (!opened) co_return false;
  auto const count = std::min(stream.tokens, behaviour_.cut_after.value_or(stream.tokens));
  for (std::uint64_t i = 0; i < count; ++i) {
    if (i > 0) co_await pause(behaviour_.token_interval);
    bool const said = co_await say(stream.token(i));
    if (!said) co_return false;
    ++shared_.tokens;
  }
  co_return true;
}

asio::awaitable<void> Conversation::pause(std::chrono::milliseconds duration) {
  // over_ is asked before the wait: a cancel between two operations would be lost.
  if (over_ || duration.count() == 0) co_return;
  timer_.expires_after(duration);
  co_await timer_.async_wait(kResult);
}

}  // namespace inferway::mock
