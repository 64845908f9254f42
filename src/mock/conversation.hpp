#pragma once

#include "connection.hpp"
#include "realtime.hpp"

#include <boost/beast/websocket/stream.hpp>

#include <deque>
#include <memory>

namespace inferway::mock {

/// A client connection that has become a WebSocket: one session of the Realtime API, until either side closes it.
class Conversation : public std::enable_shared_from_this<Conversation> {
 public:
  /// `shared` outlives the conversation.
  Conversation(asio::ip::tcp::socket socket, RealtimeSession session, Behaviour const& behaviour, Shared& shared);

  /// Answers the handshake and goes on from there. The conversation stays while the coroutine runs: `self` keeps it.
  [[nodiscard]] static asio::awaitable<void> run(std::shared_ptr<Conversation> self,
                                                 boost::beast::http::request<boost::beast::http::string_body> request,
                                                 std::uint64_t number);

 private:
  [[nodiscard]] static asio::awaitable<void> listen(std::shared_ptr<Conversation> self);
  [[nodiscard]] asio::awaitable<bool> say(std::string event);
  [[nodiscard]] asio::awaitable<bool> say_all(std::vector<std::string> events);
  [[nodiscard]] asio::awaitable<bool> answer(EventStream stream);
  [[nodiscard]] asio::awaitable<bool> tell(EventStream const& stream);
  [[nodiscard]] asio::awaitable<void> pause(std::chrono::milliseconds duration);

  boost::beast::websocket::stream<asio::ip::tcp::socket> socket_;
  asio::steady_timer timer_;    ///< between two tokens
  asio::steady_timer arrival_;  ///< never expires: cancelled when something came
  RealtimeSession session_;
  Behaviour behaviour_;
  Shared& shared_;
  std::deque<std::string> heard_;  ///< messages not answered yet
  bool over_ = false;              ///< the client has closed, or gone
};

}  // namespace inferway::mock
