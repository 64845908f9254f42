// TLS towards clients: a context for each certificate, chosen by the name that the client asks for.

#include "inferway/base/text.hpp"
#include "tls_context.hpp"

#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace inferway::net {

namespace {

constexpr long kSessionSeconds = 2L * 60 * 60;

constexpr std::string_view kProtocol = "http/1.1";

/// RFC 7301: a client that offers protocols, but not ours, is told so instead of being misunderstood.
int choose_protocol(SSL*, unsigned char const** out, unsigned char* out_size, unsigned char const* in,
                    unsigned int in_size, void*) {
  std::string_view offered(reinterpret_cast<char const*>(in), in_size);
  while (!offered.empty()) {
    auto const size = static_cast<unsigned char>(offered.front());
    auto const protocol = offered.substr(1, size);
    if (protocol == kProtocol) {
      *out = reinterpret_cast<unsigned char const*>(protocol.data());
      *out_size = size;
      return SSL_TLSEXT_ERR_OK;
    }
    offered.remove_prefix(std::min<std::size_t>(offered.size(), size + 1U));
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// RFC 6066 section 3. An unknown name gets the default certificate: the client decides whether it will do.
int choose_certificate(SSL* ssl, int*, void* argument) {
  auto const& by_name = static_cast<TlsServerContext::State const*>(argument)->by_name;
  char const* const asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (asked == nullptr) return SSL_TLSEXT_ERR_NOACK;
  auto host = lower(asked);
  if (host.ends_with('.')) host.pop_back();
  auto found = by_name.find(host);
  if (found == by_name.end()) {
    auto const dot = host.find('.');
    if (dot != std::string::npos) found = by_name.find("*" + host.substr(dot));
  }
  if (found == by_name.end()) return SSL_TLSEXT_ERR_NOACK;
  SSL_set_SSL_CTX(ssl, found->second);
  return SSL_TLSEXT_ERR_OK;
}

/// Earlier certificates keep the names that later ones bear, too.
void add_names(X509 const* certificate, SSL_CTX* context, std::unordered_map<std::string, SSL_CTX*>& by_name) {
  auto* const names =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    auto const* const entry = sk_GENERAL_NAME_value(names, i);
    if (entry->type != GEN_DNS) continue;
    auto const* const data = reinterpret_cast<char const*>(ASN1_STRING_get0_data(entry->d.dNSName));
    auto const size = static_cast<std::size_t>(ASN1_STRING_length(entry->d.dNSName));
    by_name.try_emplace(lower({data, size}), context);
  }
  GENERAL_NAMES_free(names);
}

/// A session ends with the certificate it was made with: then there is a whole handshake, which says so.
SSL_TICKET_RETURN look_at_ticket(SSL*, SSL_SESSION* session, unsigned char const*, std::size_t,
                                 SSL_TICKET_STATUS status, void*) {
  bool const good = status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW;
  if (!good || peer_has_expired(session)) return SSL_TICKET_RETURN_IGNORE_RENEW;
  return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

void require_client_certificates(SSL_CTX* context, std::string const& file) {
  trust(context, file);
  SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(file.c_str()));
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_session_ticket_cb(context, nullptr, look_at_ticket, nullptr);
}

/// A session may be resumed only under the rules that it was made under. Where clients need certificates, each load of
/// the files makes rules of its own: the CA may have changed.
using Scope = std::array<unsigned char, 16>;
Scope make_scope(config::ListenerTls const& config) {
  Scope scope{};
  if (config.client_ca) RAND_bytes(scope.data(), static_cast<int>(scope.size()));
  return scope;
}

SslContext make_context(config::ListenerTls const& config, Scope const& scope) {
  SslContext context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr) throw TlsFileError{"OpenSSL gives no context: " + openssl_errors()};
  auto* const ctx = context.get();
  SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
  SSL_CTX_set_security_level(ctx, kTlsSecurityLevel);
  SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                               SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_cipher_list(ctx, kTlsCiphers);
  SSL_CTX_set1_groups_list(ctx, kTlsGroups);
  // Idle streams hold no record buffers.
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
  // Sessions are resumed by tickets, which hold all state: nothing is kept here, and nothing is locked.
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_timeout(ctx, kSessionSeconds);
  SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, nullptr);
  if (config.client_ca) require_client_certificates(ctx, *config.client_ca);
  SSL_CTX_set_session_id_context(ctx, scope.data(), static_cast<unsigned int>(scope.size()));
  return context;
}

}  // namespace

TlsServerContext::TlsServerContext(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsServerContext::~TlsServerContext() = default;
std::vector<std::string> const& TlsServerContext::warnings() const { return state_->warnings; }

std::expected<TlsServerContext::Shared, std::string> TlsServerContext::load(
    config::ListenerTls const& config, std::shared_ptr<TlsTicketKeys> ticket_keys) try {
  auto state = std::make_unique<State>();
  auto const scope = make_scope(config);
  for (auto const& identity : config.identities) {
    auto& context = state->contexts.emplace_back(make_context(config, scope));
    use_identity(context.get(), identity, state->warnings);
    add_names(SSL_CTX_get0_certificate(context.get()), context.get(), state->by_name);
    if (ticket_keys != nullptr) use_ticket_keys(context.get(), *ticket_keys);
  }
  auto* const first = state->contexts.front().get();
  SSL_CTX_set_tlsext_servername_callback(first, choose_certificate);
  SSL_CTX_set_tlsext_servername_arg(first, state.get());
  state->ticket_keys = std::move(ticket_keys);
  return Shared(new TlsServerContext(std::move(state)));
} catch (TlsFileError const& error) {
  return std::unexpected(error.message);
}

}  // namespace inferway::net
