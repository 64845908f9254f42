#pragma once

#include "inferway/base/error.hpp"
#include "inferway/config/config.hpp"
#include "inferway/http/chunk_scanner.hpp"
#include "inferway/http/head.hpp"
#include "inferway/net/blocks.hpp"
#include "inferway/net/stream.hpp"
#include "inferway/upstream/place.hpp"
#include "inferway/upstream/upstream.hpp"

#include <boost/container/small_vector.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace inferway::upstream {

/// What an attempt sends. The bytes must stay where they are until the attempt is over.
struct Request {
  std::string_view head;                     ///< request line and fields with their empty line, or a body behind it
  std::span<std::string_view const> body{};  ///< what is known of the body from the start, already framed
  bool body_follows = false;                 ///< more comes by send_body()
  bool body_chunked = false;                 ///< send_body() frames as chunks
  bool body_small = true;  ///< what follows is at most kReplayBytes: a stale connection can be replaced
  bool head_only = false;  ///< a HEAD request: the answer has no body
  /// A WebSocket handshake, checked, as the client sent it: a 101 that is right for it switches protocols.
  http::RequestHead const* websocket = nullptr;
};

/// One try of one request on one endpoint. Like Downstream it never blocks: what would block says so, and the waiter
/// is notified. Destroying it closes its connection, unless the answer was read to its end and the connection may be
/// kept. A pooled connection that closes before any byte of an answer is replaced by a fresh one, once, invisibly.
class Attempt {
 public:
  /// The first so many bytes of a streamed body are kept, to send them again on a fresh connection.
  static constexpr std::size_t kReplayBytes = 64 * 1024;
  /// Interim answers a backend may send before the final one.
  static constexpr int kMaxInterim = 16;

  /// At the endpoint of `place`, which was taken; it and `timeouts` outlive this.
  Attempt(Upstream& upstream, Place const& place, config::UpstreamTimeouts const& timeouts, net::Waiter& waiter);
  Attempt(Attempt const&) = delete;
  Attempt& operator=(Attempt const&) = delete;
  ~Attempt();

  /// Its authority and path go into the head.
  [[nodiscard]] config::Endpoint const& endpoint() const { return endpoint_.config; }

  void start(Request const& request);

  enum class Step : std::uint8_t {
    blocked,   ///< wait, then call again
    sendable,  ///< the body follows and may be sent: send_body()
    interim,   ///< head() is an interim answer; call again
    head,      ///< head() is the final answer's; go on with receive()
    switched,  ///< head() is the 101 that was asked for: the connection is a tunnel from here on
  };
  /// Connects, sends, reads the answer's head. Errors: connect_failed, connect_timeout, first_byte_timeout,
  /// idle_timeout (the backend takes no more bytes), upstream_closed, bad_response.
  [[nodiscard]] Result<Step> advance();

  /// A piece of a body that follows. What the backend does not take at once is copied; wait until advance() says
  /// sendable before the next. `last`: nothing more comes.
  void send_body(std::string_view piece, bool last);
  [[nodiscard]] bool body_sent() const { return !request_.body_follows || last_queued_; }
  /// The backend has taken all there was so far.
  [[nodiscard]] bool body_taken() const { return !unsent(); }

  /// Of the last head that advance() announced. Its views last until the next await.
  [[nodiscard]] http::ResponseHead const& head() const { return head_; }

  /// What only who reads the answer can see was wrong with it, for the endpoint's health: an error event, no content in
  /// time, a crawling stream.
  void blame(config::RetryOn cause);
  /// head() is wanted beyond the next await: it is copied.
  void keep_head();
  /// It is known not to be wanted any more because another one was quicker: its end is no client's doing.
  void outrun() { outrun_ = true; }
  /// It failed, though the connection still stands: its end is no client's doing.
  void give_up() { given_up_ = true; }
  /// head() is not wanted any more.
  void release_head();
  /// The answer was read to its end, or the attempt failed.
  [[nodiscard]] bool done() const { return state_ == State::done; }
  /// When the request was sent whole; TimePoint{} before.
  [[nodiscard]] TimePoint sent_at() const { return sent_at_; }

  struct Received {
    std::span<std::string_view const> pieces;  ///< payload, until the next call or await
    bool end = false;                          ///< the body is complete
    bool blocked = false;                      ///< nothing more now
  };
  /// The next piece of the answer's body, at most one read of `bytes`. The first call belongs right behind the head:
  /// what came with that is lost at the next await. Errors: upstream_closed (cut), bad_response (framing),
  /// idle_timeout.
  [[nodiscard]] Result<Received> receive(std::size_t bytes = net::ReadSize::kLeast);

  // A tunnel, after `switched`: receive() gives the backend's bytes as they come, from the first one behind the 101,
  // and `end` when the backend ends its side; send_body() sends bytes as they are, and `last` ends our side behind
  // them. The connection is never used again.

  /// Sends what is unsent. False: the backend does not take it now. Errors: idle_timeout (it has not for
  /// timeouts.idle), upstream_closed: the connection broke, and what is sent is thrown away; what came before may still
  /// be received.
  [[nodiscard]] Result<bool> flush();
  /// The tunnel is over: in order, or for a cause, which the backend sees as a reset.
  void end_tunnel(Error const* cause);

 private:
  enum class State : std::uint8_t { idle, connecting, sending, body, tunnel, done };

  // connect.cpp
  void begin_connecting();
  [[nodiscard]] Result<bool> connect();
  [[nodiscard]] Result<bool> dial();
  [[nodiscard]] Result<bool> handshake();
  void connected();
  [[nodiscard]] Result<bool> replace_stale();
  // send.cpp
  void queue_request();
  [[nodiscard]] Result<Step> send();
  [[nodiscard]] bool unsent() const { return next_piece_ < pieces_.size() || !rest_of_body_.empty(); }
  [[nodiscard]] bool write_some();
  // attempt.cpp
  [[nodiscard]] Result<std::optional<Step>> read_head();
  [[nodiscard]] Result<std::size_t> take_head();
  [[nodiscard]] Result<std::optional<Step>> parse_head();
  void set_aside();
  [[nodiscard]] Result<Received> take(std::string_view bytes);
  [[nodiscard]] Result<Received> take_chunks(std::string_view bytes);
  void add_piece(std::string_view data);
  void complete();
  void learn_from_status();
  void observe(balance::Outcome outcome);
  // measures.cpp
  void measure_first_byte();
  void measure_outrun();
  // attempt_health.cpp
  void report_status();
  void report_good();
  void report_bad(config::RetryOn cause);
  void report_bad(Error const& error);
  [[nodiscard]] std::unexpected<Error> failure(Error error);
  [[nodiscard]] std::unexpected<Error> own_failure(Error error);
  [[nodiscard]] std::unexpected<Error> ended_early(net::IoStatus how, Retry retry, std::string_view when);
  // tunnel.cpp
  [[nodiscard]] Result<std::optional<Step>> switch_protocols();
  [[nodiscard]] Result<Received> receive_raw();

  Upstream& upstream_;
  std::size_t backend_;
  std::size_t endpoint_index_;
  telemetry::BackendCounters& counters_;
  Endpoint& endpoint_;
  std::uint32_t inflight_;  ///< there, when it began, itself included
  config::UpstreamTimeouts const& timeouts_;
  net::Waiter& waiter_;
  net::Deadline deadline_;  ///< connect, then write, then first_byte, then idle: one at a time
  std::unique_ptr<Connection> connection_;
  std::shared_ptr<net::Addresses const> addresses_;
  std::uint32_t next_address_ = 0;
  std::uint32_t dialled_ = 0;  ///< the place among addresses_ of the one that is being tried
  TimePoint connect_until_{};  ///< over all addresses and the TLS handshake
  Request request_;
  TimePoint sent_at_{};      ///< when the request was sent whole
  Duration connect_took_{};  ///< TLS included; nothing for a kept connection
  State state_ = State::idle;
  bool reused_ = false;
  bool replaced_ = false;
  bool waits_for_name_ = false;
  bool first_byte_armed_ = false;
  bool reusable_ = true;
  bool failed_ = false;
  bool outrun_ = false;
  bool given_up_ = false;
  bool reported_ = false;  ///< the endpoint's health knows how this went
  bool measured_ = false;  ///< the time to the answer's first byte; or there is nothing to be measured
  bool end_due_ = false;   ///< of a tunnel: our side ends behind what is unsent

  boost::container::small_vector<iovec, 2> pieces_;  ///< head and body as given
  std::size_t next_piece_ = 0;
  net::Buffer rest_of_body_;  ///< of send_body(): not taken yet
  net::Buffer kept_;          ///< of send_body(): all of it, framed, while a stale connection may have to be replaced
  bool last_queued_ = false;
  std::uint64_t body_queued_ = 0;

  net::Buffer head_bytes_;      ///< a head that came in more than one read
  std::string_view unread_;     ///< behind the head: in the scratch memory or in head_bytes_
  std::string_view head_text_;  ///< what head() looks into
  net::Buffer kept_head_;
  std::size_t scanned_ = 0;
  int interim_ = 0;
  http::ResponseHead head_;
  http::ChunkScanner chunks_;
  std::uint64_t body_left_ = 0;
  boost::container::small_vector<std::string_view, 1> received_;
  std::unique_ptr<Error> broken_;  ///< for the next receive(): the framing broke behind what the last one gave
};

}  // namespace inferway::upstream
