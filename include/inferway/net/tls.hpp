#pragma once

#include "inferway/base/tls_failure.hpp"
#include "inferway/config/config.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// What TLS needs beside the streams (stream.hpp): certificates, trust, sessions to resume. OpenSSL stands behind it,
/// in the .cpp files alone.
namespace inferway::net {

/// What OpenSSL frees while a WipeFreed lives is zeroed, too. Before anything of OpenSSL is used.
void let_openssl_wipe();

class TlsSession;
class TlsTicketKeys;

/// Certificates and trust of one listener, as loaded from their files. Immutable, shared by all workers; a stream keeps
/// the one it began with. TLS 1.2 and 1.3; forward secrecy and AEAD only; no renegotiation, no compression, no early
/// data (it could be replayed). The certificate is chosen by SNI among `identities`.
class TlsServerContext {
 public:
  using Shared = std::shared_ptr<TlsServerContext const>;
  /// Reads the files. The error names the file and what is wrong with it.
  [[nodiscard]] static std::expected<Shared, std::string> load(config::ListenerTls const& config,
                                                               std::shared_ptr<TlsTicketKeys> ticket_keys);
  ~TlsServerContext();

  /// What an operator should know, for the log: a certificate that has expired or is about to.
  [[nodiscard]] std::vector<std::string> const& warnings() const;

  struct State;  ///< of the room alone

 private:
  friend class TlsSession;
  explicit TlsServerContext(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Trust and the gateway's own certificate towards one backend. Immutable, shared by all workers.
class TlsClientContext {
 public:
  using Shared = std::shared_ptr<TlsClientContext const>;
  /// `known`: one that was loaded before. It is given again where nothing has changed: trust that is the same stays the
  /// same object.
  [[nodiscard]] static std::expected<Shared, std::string> load(config::BackendTls const& config,
                                                               Shared const& known = nullptr);
  ~TlsClientContext();

  [[nodiscard]] std::vector<std::string> const& warnings() const;

 private:
  friend class TlsSession;
  struct State;
  explicit TlsClientContext(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Keys that a listener's session tickets are encrypted with: made anew twice a day, the one before is still read. They
/// outlive a reload of the certificates, so that clients can resume across it. Any thread; locks, once a handshake.
[[nodiscard]] std::shared_ptr<TlsTicketKeys> make_ticket_keys();

/// Sessions with one endpoint that the next connection may resume; the latest few. Of one worker.
class TlsTickets {
 public:
  static constexpr std::size_t kMost = 4;

  TlsTickets();
  TlsTickets(TlsTickets&&) noexcept;
  ~TlsTickets();
  /// None is resumed any more, also none that connections of before still bring: the trust has changed.
  void clear();

 private:
  friend class TlsSession;
  struct Ticket;
  std::vector<Ticket> tickets_;
  std::uint64_t generation_ = 0;
};

/// How a stream that is about to connect speaks TLS.
struct TlsClientSide {
  TlsClientContext::Shared context;
  std::string_view server_name;   ///< what the certificate must be made out to: a name or a literal address
  TlsTickets* tickets = nullptr;  ///< outlives the stream
};

}  // namespace inferway::net
