#pragma once

#include "inferway/net/tls.hpp"
#include "openssl.hpp"

#include <string>
#include <unordered_map>
#include <vector>

/// What the contexts of both sides have in common, and what stands behind tls.hpp.
namespace inferway::net {

// TLS 1.2 only with forward secrecy and AEAD; 1.3 has nothing else.
inline constexpr char kTlsCiphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";
/// 112 bits: no RSA below 2048, no SHA-1. Debian's own default, but not everybody's; some files of OpenSSL's lower it.
inline constexpr int kTlsSecurityLevel = 2;
inline constexpr char kTlsGroups[] = "X25519:P-256:P-384";

struct TlsServerContext::State {
  std::vector<SslContext> contexts;                   ///< one an identity; the first is the default
  std::unordered_map<std::string, SSL_CTX*> by_name;  ///< lower case; "*.example.org" as it stands in a certificate
  std::shared_ptr<TlsTicketKeys> ticket_keys;
  std::vector<std::string> warnings;
};

struct TlsClientContext::State {
  SslContext context;
  bool verify = true;
  std::string server_name;  ///< configured; "": the endpoint's host
  std::string fingerprint;
  std::vector<std::string> warnings;
};

struct TlsTickets::Ticket {
  SslSession session;
};

/// Throws this while a context is being loaded: the sentence names the file.
struct TlsFileError {
  std::string message;
};

/// Puts a certificate chain and its key into a context. Throws TlsFileError.
void use_identity(SSL_CTX* context, config::TlsIdentity const& identity, std::vector<std::string>& warnings);
/// Trusts the certificates of a file. Throws TlsFileError.
void trust(SSL_CTX* context, std::string const& file);
/// What OpenSSL's error queue says, oldest first; empties it.
[[nodiscard]] std::string openssl_errors();

/// Whether a session was made with a certificate of the peer's that has expired since.
[[nodiscard]] bool peer_has_expired(SSL_SESSION* session);

void use_ticket_keys(SSL_CTX* context, TlsTicketKeys& keys);

}  // namespace inferway::net
