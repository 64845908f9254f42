// TLS towards backends.

#include "inferway/base/wipe_freed.hpp"
#include "tls_context.hpp"
#include "tls_session.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>

namespace inferway::net {

namespace {

/// Where OpenSSL looks for them; both places may be named by the environment.
bool system_has_cas() {
  auto const place = [](char const* variable, char const* usual) -> std::filesystem::path {
    char const* const named = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): nobody sets any
    return named != nullptr ? named : usual;
  };
  std::error_code ignored;
  auto const file = place(X509_get_default_cert_file_env(), X509_get_default_cert_file());
  auto const directory = place(X509_get_default_cert_dir_env(), X509_get_default_cert_dir());
  bool const some = std::filesystem::is_directory(directory, ignored) && !std::filesystem::is_empty(directory, ignored);
  return some || std::filesystem::exists(file, ignored);
}

SslContext make_context(config::BackendTls const& config) {
  SslContext context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) throw TlsFileError{"OpenSSL gives no context: " + openssl_errors()};
  auto* const ctx = context.get();
  SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
  SSL_CTX_set_security_level(ctx, kTlsSecurityLevel);
  SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_cipher_list(ctx, kTlsCiphers);
  SSL_CTX_set1_groups_list(ctx, kTlsGroups);
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
  static constexpr auto kProtocols = std::to_array<unsigned char>({8, 'h', 't', 't', 'p', '/', '1', '.', '1'});
  SSL_CTX_set_alpn_protos(ctx, kProtocols.data(), kProtocols.size());
  // Sessions are kept by endpoint and worker (TlsTickets), not in the context.
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(ctx, TlsSession::on_new_ticket);
  SSL_CTX_set_cert_cb(ctx, TlsSession::on_certificate_wanted, nullptr);
  SSL_CTX_set_verify(ctx, config.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (!config.verify) return context;
  if (config.ca) {
    trust(ctx, *config.ca);
  } else if (SSL_CTX_set_default_verify_paths(ctx) != 1) {
    throw TlsFileError{"the system's CA certificates cannot be read: " + openssl_errors()};
  }
  return context;
}

/// What tells whether a file is another one: its content's hash. Of a directory, and the system's (large) list of CAs,
/// when it was written last.
std::string mark_of(std::filesystem::path const& path, bool by_content) {
  WipeFreed const wipe;  // it may be a key
  std::error_code ignored;
  if (!by_content) return std::to_string(std::filesystem::last_write_time(path, ignored).time_since_epoch().count());
  std::ifstream file(path, std::ios::binary);
  std::string const content((std::istreambuf_iterator<char>(file)), {});
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned int size = 0;
  EVP_Digest(content.data(), content.size(), hash.data(), &size, EVP_sha256(), nullptr);
  return {reinterpret_cast<char const*>(hash.data()), size};
}

std::string fingerprint_of(config::BackendTls const& config) {
  std::string out = config.verify ? "verified" : "";
  auto const add = [&](std::string_view part) { out.append(std::to_string(part.size())).append(":").append(part); };
  add(config.server_name.value_or(""));
  if (config.verify && config.ca) {
    add(mark_of(*config.ca, true));
  } else if (config.verify) {
    add(mark_of(X509_get_default_cert_file(), false));
    add(mark_of(X509_get_default_cert_dir(), false));
  }
  if (config.identity) {
    add(mark_of(config.identity->cert, true));
    add(mark_of(config.identity->key, true));
  }
  return out;
}

}  // namespace

TlsClientContext::TlsClientContext(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsClientContext::~TlsClientContext() = default;
std::vector<std::string> const& TlsClientContext::warnings() const { return state_->warnings; }

std::expected<TlsClientContext::Shared, std::string> TlsClientContext::load(config::BackendTls const& config,
                                                                            Shared const& known) try {
  auto state = std::make_unique<State>();
  state->fingerprint = fingerprint_of(config);  // first: what changes meanwhile is seen the next time
  if (known != nullptr && known->state_->fingerprint == state->fingerprint) return known;
  state->context = make_context(config);
  state->verify = config.verify;
  if (config.verify && !config.ca && !system_has_cas()) {
    state->warnings.emplace_back("this system has no CA certificates (package ca-certificates): none will be trusted");
  }
  state->server_name = config.server_name.value_or("");
  if (config.identity) use_identity(state->context.get(), *config.identity, state->warnings);
  return Shared(new TlsClientContext(std::move(state)));
} catch (TlsFileError const& error) {
  return std::unexpected(error.message);
}

TlsTickets::TlsTickets() = default;
TlsTickets::TlsTickets(TlsTickets&&) noexcept = default;
TlsTickets::~TlsTickets() = default;
void TlsTickets::clear() {
  tickets_.clear();
  ++generation_;
}

}  // namespace inferway::net
