#pragma once

#include "api.hpp"
#include "inferway/mock/mock_server.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

namespace inferway::mock {

namespace asio = boost::asio;

/// What the connections of one server share. The server's thread writes, anyone reads the counts.
struct Shared {
  explicit Shared(Options from) : options(std::move(from)) {}

  Options const options;
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> connections_accepted{0};
  std::atomic<std::uint64_t> connections_open{0};
  std::atomic<std::uint64_t> streams_started{0};
  std::atomic<std::uint64_t> streams_completed{0};
  std::atomic<std::uint64_t> cancelled{0};
  std::atomic<std::uint64_t> tokens{0};
  std::atomic<std::uint64_t> cut{0};
  std::atomic<std::uint64_t> health_checks{0};
  std::atomic<unsigned> health_status{200};

  [[nodiscard]] Counts counts() const;
};

/// One client connection: request after request, until either side closes it.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  /// `shared` outlives the connection.
  Connection(asio::ip::tcp::socket socket, Shared& shared);
  Connection(Connection const&) = delete;
  Connection& operator=(Connection const&) = delete;
  ~Connection();

  /// The connection stays while the coroutine runs: `self` keeps it.
  [[nodiscard]] static asio::awaitable<void> run(std::shared_ptr<Connection> self);

 private:
  using HttpRequest = boost::beast::http::request<boost::beast::http::string_body>;
  /// Whether the connection may serve another request.
  enum class Then : std::uint8_t { go_on, close };

  [[nodiscard]] asio::awaitable<bool> await_request();
  [[nodiscard]] asio::awaitable<bool> read(HttpRequest& request);
  [[nodiscard]] asio::awaitable<Then> respond(HttpRequest const& request);
  [[nodiscard]] asio::awaitable<Then> send(HttpRequest const& request, Reply const& reply, Behaviour const& behaviour);
  [[nodiscard]] asio::awaitable<Then> send(HttpRequest const& request, EventStream const& stream,
                                           Behaviour const& behaviour);
  [[nodiscard]] asio::awaitable<bool> send_tokens(EventStream const& stream, Behaviour const& behaviour);
  [[nodiscard]] asio::awaitable<bool> send_closing(EventStream const& stream, Behaviour const& behaviour);
  [[nodiscard]] asio::awaitable<bool> send_event(std::string event);
  [[nodiscard]] asio::awaitable<bool> write(std::string bytes);
  [[nodiscard]] Then end_early();
  [[nodiscard]] Then cut(Behaviour const& behaviour);
  [[nodiscard]] asio::awaitable<void> stall();
  /// Waits, no longer than until the client goes.
  [[nodiscard]] asio::awaitable<void> pause(std::chrono::milliseconds duration);

  [[nodiscard]] Reply health(Request const& asked);
  [[nodiscard]] Answer answer_to(HttpRequest const& request, Behaviour& behaviour);
  void watch_for_end();
  void look_for_end();

  asio::ip::tcp::socket socket_;
  asio::steady_timer timer_;
  boost::beast::flat_buffer buffer_;
  Shared& shared_;
  std::uint64_t number_ = 0;                 ///< of the request under way, for ids and for the dice
  bool chunked_ = true;                      ///< how the stream under way is framed; else its end is the connection's
  bool gone_ = false;                        ///< the client has ended its side
  bool idle_ = false;                        ///< between two requests, which may not last for ever
  std::chrono::milliseconds idle_close_{0};  ///< as the request before had it
  std::optional<std::uint64_t> left_bytes_;  ///< of the answer under way, until it is cut
};

}  // namespace inferway::mock
