#pragma once

#include "inferway/base/error.hpp"
#include "inferway/http/head.hpp"
#include "inferway/net/loop.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace inferway::server {

struct AnswerField {
  std::string_view name;
  std::string_view value;
};

/// What is sent before a body. The session adds framing and connection fields itself.
struct AnswerHead {
  int status = 200;
  std::string_view reason;
  std::span<http::Field const> fields;    ///< a backend's; the hop-by-hop ones among them are left out
  std::span<AnswerField const> more;      ///< the gateway's own
  bool body = true;                       ///< false: none follows (HEAD, 204, 304)
  std::optional<std::uint64_t> length{};  ///< with a body: its length, nothing when it is not known beforehand
  bool close = false;                     ///< the connection ends with this answer
};

/// What one try to read a request's body gave.
struct BodyRead {
  enum class What : std::uint8_t { data, blocked, end };
  What what = What::blocked;
  std::string_view data;
};

enum class More : std::uint8_t { follows, none };

/// One client request and the answer to it, whatever the protocol on the wire. Nothing here blocks: what would block
/// says so, and waiter() is notified when another try is worth while. Loop thread only; lives while Handler::serve
/// runs.
class Downstream {
 public:
  virtual ~Downstream() = default;

  [[nodiscard]] virtual http::RequestHead const& head() const = 0;
  /// The peer's address without port; where a PROXY header gave another one, that.
  [[nodiscard]] virtual std::string_view peer() const = 0;
  /// Who asks: the peer, or whom a trusted proxy says it asks for.
  [[nodiscard]] virtual std::string_view client() const { return peer(); }
  [[nodiscard]] virtual bool secure() const = 0;  ///< came over TLS
  [[nodiscard]] virtual net::Waiter& waiter() = 0;
  [[nodiscard]] virtual TimePoint started() const = 0;  ///< when the head was complete

  /// The next piece of the body, framing removed. An empty `into` asks only for what was
  /// received already (bodies of a known length). The data lies in `into`, or in the session's memory until the request
  /// ends when it came together with the head, or (chunked bodies) until the next call. Errors: client_gone,
  /// request_timeout (limits of timeouts.body), body_too_large, bad_request (framing).
  [[nodiscard]] virtual Result<BodyRead> read_body(std::span<char> into) = 0;
  /// The body was read to its end.
  [[nodiscard]] virtual bool body_done() const = 0;

  /// The answer has begun, and may go on for hours: head() and views of it are not used any more, and their memory may
  /// be given back.
  virtual void release_head() = 0;

  /// Answers an upgrade with 101; `more` names the protocol in Upgrade. The head is kept back as by send_head(). From
  /// here on the connection is a tunnel: read_body() gives the client's bytes as they come, from the first one behind
  /// the request's head, and `end` when the client ends its side; send_body() sends bytes as they are, and More::none
  /// ends our side behind them. Both sides go on without each other.
  virtual void switch_protocols(AnswerHead const& head) = 0;

  /// The client has left (an ended write side counts, but in a tunnel) or does not take what is sent within
  /// timeouts.write: nothing more will reach it. Or the server ends (draining): what is sent at once still may.
  [[nodiscard]] virtual std::optional<ErrorCode> gone() const = 0;

  /// The server ends now: nothing more is to be waited for, whoever is still there.
  [[nodiscard]] virtual bool ending() const = 0;

  /// An interim answer (103, ...); only before the final head. Dropped for HTTP/1.0.
  virtual void send_interim(AnswerHead const& head) = 0;
  /// The final head; kept back until flush() or the first body bytes, to go out with these in one write.
  virtual void send_head(AnswerHead const& head) = 0;
  /// Body bytes, framed as the head said. What the client does not take at once is copied: while flushed() is false
  /// nothing more should be sent. `More::none`: the answer ends here.
  virtual void send_body(std::span<std::string_view const> pieces, More more) = 0;
  /// The answer ends abnormally: the client can tell that it is not whole.
  virtual void abort() = 0;

  /// Tries to send what is still unsent. True when nothing is.
  virtual bool flush() = 0;
  [[nodiscard]] virtual bool head_sent() const = 0;
  [[nodiscard]] virtual bool finished() const = 0;              ///< send_body(More::none) or abort() was called
  [[nodiscard]] virtual TimePoint first_byte_sent() const = 0;  ///< TimePoint::min() while none was
  [[nodiscard]] virtual bool sent_at_once() const = 0;          ///< all of the answer was sent then, too
  [[nodiscard]] virtual std::uint64_t body_bytes_read() const = 0;
  [[nodiscard]] virtual std::uint64_t body_bytes_sent() const = 0;
};

/// What a server does with requests.
class Handler {
 public:
  virtual ~Handler() = default;
  /// Answers one request: when it returns, the answer is finished, or the client gone.
  [[nodiscard]] virtual net::Task<> serve(Downstream& downstream) = 0;
};

}  // namespace inferway::server
