#pragma once

#include "inferway/base/error.hpp"
#include "inferway/net/blocks.hpp"
#include "inferway/net/stream.hpp"
#include "inferway/net/tls.hpp"
#include "openssl.hpp"

#include <array>
#include <optional>
#include <span>
#include <string_view>

namespace inferway::net {

/// TLS over a stream's socket. OpenSSL sees no socket: what it reads comes out of the thread's scratch memory, what it
/// writes goes there, and from there to the kernel in one call. So a resting stream holds nothing but OpenSSL's own
/// state; only what the kernel does not take, or what was read beyond what could be used, is kept in blocks.
class TlsSession {
 public:
  TlsSession(Stream& stream, TlsServerContext::Shared context);
  TlsSession(Stream& stream, TlsClientSide const& side);
  TlsSession(TlsSession const&) = delete;
  TlsSession& operator=(TlsSession const&) = delete;
  ~TlsSession();

  /// Nothing: wait. An error is of side upstream or client, its detail names the cause.
  [[nodiscard]] std::optional<Result<void>> handshake();
  [[nodiscard]] IoResult read(std::span<char> into);
  [[nodiscard]] IoResult write(std::span<iovec const> pieces);
  /// Says that nothing more will be written (close_notify). False: the kernel has not taken all of it, call again.
  [[nodiscard]] bool close_write();
  /// Whether the peer has said so. Looks at what has arrived, without taking data away.
  [[nodiscard]] bool peer_closed();
  /// Plaintext, or its ciphertext, was read from the socket and not yet taken.
  [[nodiscard]] bool pending() const { return pending_; }
  [[nodiscard]] bool resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
  /// The handshake offered an earlier session.
  [[nodiscard]] bool offered_session() const { return offered_; }
  /// Of the gateway as a client; nullptr on the other side.
  [[nodiscard]] TlsClientContext const* trust() const { return client_.get(); }
  [[nodiscard]] TlsFailure failure() const { return failure_; }
  /// What broke the stream, for people; "" while nothing did, or when the socket itself broke.
  [[nodiscard]] std::string_view failure_text() const { return failure_text_; }

  // OpenSSL's callbacks.
  static int on_new_ticket(SSL* ssl, SSL_SESSION* session);
  static int on_certificate_wanted(SSL* ssl, void*);

 private:
  friend struct TlsBio;
  struct Scratch;
  /// A record that the kernel has not taken whole.
  struct Record {
    std::uint32_t cipher_bytes = 0;
    std::uint32_t plain_bytes = 0;
  };
  static constexpr std::size_t kRecordBytes = 16 * 1024;
  static constexpr std::size_t kBatchRecords = 4;
  /// One call reads no more from the socket than this and the room it was given: records without data (key updates,
  /// empty ones) would keep it, and everybody else of this worker waiting, for as long as a peer sends them.
  static constexpr std::size_t kPullBytes = 64 * 1024;
  static constexpr std::size_t kOpeningBytes = 12;
  /// Key updates without data between them. Each costs a derivation of keys; honest peers send one in many gigabytes.
  static constexpr int kMostKeyUpdates = 32;

  void attach();
  void begin();
  void end_input();
  [[nodiscard]] bool pull();
  [[nodiscard]] bool send_out();
  [[nodiscard]] bool drain_unsent(std::size_t& taken);
  void note_failure(int result);
  void check_key_updates();
  [[nodiscard]] bool opens_with_http() const;
  static void on_message(int written, int version, int type, void const* data, std::size_t size, SSL* ssl, void*);
  void settle(std::size_t sent, std::size_t& taken);
  [[nodiscard]] bool encrypt(std::span<iovec const> pieces, std::size_t taken);

  Stream& stream_;
  TlsServerContext::Shared server_;
  TlsClientContext::Shared client_;
  TlsTickets* tickets_ = nullptr;
  std::uint64_t generation_ = 0;  ///< of tickets_ when this began
  Ssl ssl_;

  std::string_view input_;                       ///< ciphertext that OpenSSL may take, while it is called
  Buffer unread_;                                ///< ciphertext for its next call
  Buffer unsent_;                                ///< ciphertext that the kernel did not take
  std::array<Record, kBatchRecords> records_{};  ///< those in unsent_ that bear data, in order
  std::size_t record_count_ = 0;
  std::size_t untracked_ = 0;  ///< bytes in unsent_ before the first of them: OpenSSL's own
  std::size_t pulled_ = 0;     ///< bytes from the socket in the call under way
  std::string opening_;        ///< the first bytes of a client that has not shown that it speaks TLS
  std::size_t wanted_ = 0;     ///< how much plaintext the call under way has room for
  int key_updates_ = 0;
  std::string failure_text_;
  TlsFailure failure_ = TlsFailure::other;
  bool done_ = false;  ///< the handshake
  bool pending_ = false;
  bool socket_ended_ = false;
  bool socket_failed_ = false;
  bool peer_closed_ = false;   ///< close_notify came
  bool write_closed_ = false;  ///< ... was made
  bool failed_ = false;
  bool offered_ = false;
  bool certificate_wanted_ = false;  ///< the backend asks for ours
};

}  // namespace inferway::net
