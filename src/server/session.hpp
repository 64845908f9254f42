#pragma once

#include "inferway/http/chunk_scanner.hpp"
#include "inferway/net/blocks.hpp"
#include "inferway/net/stream.hpp"
#include "inferway/server/server.hpp"
#include "known_client.hpp"

#include <string>

namespace inferway::server {

/// One client connection speaking HTTP/1: reads requests one after the other, hands each to the handler, and is its
/// Downstream. session.cpp: the connection's life; client.cpp: whose it is; handshake.cpp: TLS; request_head.cpp,
/// request_body.cpp: reading; answer.cpp: writing; tunnel.cpp: behind a 101.
class Session final : public Downstream {
 public:
  Session(Server& server, net::Descriptor connection, net::Address const& peer);
  ~Session() override;

  /// The connection's whole life. `over_limit`: there are too many, which is all that this one is told, without a byte
  /// of a request being read.
  [[nodiscard]] static net::Task<> run(std::unique_ptr<Session> session, Opening opening, bool over_limit);
  void wake() { waiter_.notify(); }

  // Downstream
  [[nodiscard]] http::RequestHead const& head() const override { return head_; }
  [[nodiscard]] std::string_view peer() const override { return peer_; }
  [[nodiscard]] std::string_view client() const override {
    return client_ == nullptr || client_->forwarded.empty() ? std::string_view(peer_) : client_->forwarded;
  }
  [[nodiscard]] bool secure() const override { return stream_.secure(); }
  [[nodiscard]] net::Waiter& waiter() override { return waiter_; }
  [[nodiscard]] TimePoint started() const override { return started_; }
  [[nodiscard]] Result<BodyRead> read_body(std::span<char> into) override;
  [[nodiscard]] bool body_done() const override { return body_done_; }
  void release_head() override;
  [[nodiscard]] std::optional<ErrorCode> gone() const override;
  [[nodiscard]] bool ending() const override { return server_.cut_; }
  void send_interim(AnswerHead const& head) override;
  void send_head(AnswerHead const& head) override;
  void switch_protocols(AnswerHead const& head) override;
  void send_body(std::span<std::string_view const> pieces, More more) override;
  void abort() override;
  bool flush() override;
  [[nodiscard]] bool head_sent() const override { return head_sent_; }
  [[nodiscard]] bool finished() const override { return finished_; }
  [[nodiscard]] TimePoint first_byte_sent() const override { return first_byte_sent_; }
  [[nodiscard]] bool sent_at_once() const override { return sent_at_once_; }
  [[nodiscard]] std::uint64_t body_bytes_read() const override { return body_read_; }
  [[nodiscard]] std::uint64_t body_bytes_sent() const override { return body_sent_; }

 private:
  friend class Server;
  enum class Framing : std::uint8_t { none, length, chunked, until_close, tunnel };

  // client.cpp
  /// Finds out whose the connection is, and whether it may be. False: it is to be closed.
  [[nodiscard]] net::Task<bool> identify(bool proxy_protocol, bool tls);
  [[nodiscard]] net::Task<bool> read_proxy_header();
  [[nodiscard]] bool take_proxy_header(http::ProxyHeaderParser& parser, std::string_view bytes);
  [[nodiscard]] std::optional<Error> check_connection();
  /// Whether the client may make the request under way; else it is answered already.
  [[nodiscard]] bool check_client();
  [[nodiscard]] bool check_rate(IpAddress const& client);
  void note_refused(telemetry::ClientRefusal why, std::string_view detail);

  // handshake.cpp
  /// Makes the connection a TLS one. False: that failed, and the connection is to be closed.
  [[nodiscard]] net::Task<bool> handshake(net::TlsServerContext::Shared tls);
  [[nodiscard]] net::Task<std::optional<Error>> do_handshake();
  void note_failed_handshake(TlsFailure cause, std::string_view detail);

  // request_head.cpp
  enum class Heard : std::uint8_t {
    request,   ///< a head is there
    nonsense,  ///< what is none, and was answered
    nothing,   ///< the connection ended or rested too long
    not_yet,   ///< wait, then read on
  };
  void expect_head(bool fresh);
  [[nodiscard]] Heard read_head();
  [[nodiscard]] Result<bool> parse_head();
  [[nodiscard]] std::unexpected<Error> no_head(ErrorCode code, std::string why);

  // session.cpp
  void follow_settings() {
    if (settings_ != server_.settings_) settings_ = server_.settings_;
  }
  void begin_request();
  void end_request();
  void refuse(Error const& error);
  enum class Then : std::uint8_t { close, keep };
  void answer_error(Error const& error, Then then, std::span<AnswerField const> fields = {});
  [[nodiscard]] net::Task<> flush_all();
  [[nodiscard]] net::Task<> linger();

  // request_body.cpp
  [[nodiscard]] Result<BodyRead> read_length_body(std::span<char> into);
  [[nodiscard]] Result<BodyRead> read_chunked_body();
  [[nodiscard]] Result<BodyRead> scan_chunks(std::string_view input);
  [[nodiscard]] Result<std::size_t> receive(std::span<char> into);
  [[nodiscard]] Result<void> check_pace();
  void send_continue();
  void skip_buffered_body();
  [[nodiscard]] Result<BodyRead> took(std::string_view data);

  // answer.cpp
  void append_status_line(int status, std::string_view reason);
  void append_field(std::string_view name, std::string_view value);
  void append_fields(AnswerHead const& head);
  void append_framing(AnswerHead const& head);
  void write(std::span<iovec> pieces);
  void settle_write_deadline(bool progress);

  // tunnel.cpp
  [[nodiscard]] Result<BodyRead> read_tunnel(std::span<char> into);
  [[nodiscard]] bool flush_end();
  [[nodiscard]] std::optional<ErrorCode> gone_from_tunnel() const;

  Server& server_;
  std::shared_ptr<Settings const> settings_;  ///< in force when the request under way began
  net::Waiter waiter_;
  net::Stream stream_;
  net::Deadline read_deadline_;
  net::Deadline write_deadline_;
  std::string peer_;
  std::unique_ptr<KnownClient> client_;  ///< where addresses matter
  Session* next_ = nullptr;
  Session* previous_ = nullptr;

  // Reading. `in_` begins with the head of the request under way; nothing is read into it while the request lasts, so
  // that views into it stay valid. Chunked bodies that come later are read into `raw_`.
  net::Buffer in_;
  net::Buffer raw_;
  std::size_t scanned_ = 0;
  std::size_t blank_bytes_ = 0;  ///< of empty lines skipped before the head
  std::size_t used_ = 0;         ///< bytes of in_ that belong to the request under way and were used up
  http::RequestHead head_;
  http::ChunkScanner chunks_;
  TimePoint started_{};
  std::uint64_t body_left_ = 0;
  std::uint64_t body_read_ = 0;
  TimePoint pace_since_{};
  std::uint64_t pace_bytes_ = 0;
  bool head_begun_ = false;
  bool last_moment_ = false;  ///< the server drains, and this connection was given a moment
  bool body_done_ = true;
  bool continue_due_ = false;

  // Writing.
  net::Buffer out_;
  TimePoint first_byte_sent_ = TimePoint::min();
  std::uint64_t body_sent_ = 0;
  std::uint64_t answer_left_ = 0;
  Framing framing_ = Framing::none;
  bool no_body_ = false;  ///< HEAD, 204, 304: body bytes are not sent
  bool head_sent_ = false;
  bool finished_ = false;
  bool sent_at_once_ = false;
  bool aborted_ = false;
  bool end_due_ = false;  ///< of a tunnel: our side ends behind what is unsent
  bool keep_ = true;      ///< another request may follow
  bool dead_ = false;     ///< the connection broke
};

}  // namespace inferway::server
