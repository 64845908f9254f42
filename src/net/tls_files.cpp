// Certificates, keys and trust out of files.

#include "tls_context.hpp"

#include <openssl/err.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <system_error>
#include <unistd.h>

namespace inferway::net {

namespace {

/// A certificate this close to its end is worth a word: most are renewed a month before.
constexpr int kWarnDays = 14;

[[noreturn]] void fail(std::string const& what, std::string const& file) {
  auto const why = openssl_errors();
  throw TlsFileError{what + " " + file + (why.empty() ? "" : ": " + why)};
}

void check_readable(std::string const& what, std::string const& file) {
  if (::access(file.c_str(), R_OK) == 0) return;
  throw TlsFileError{what + " " + file + " cannot be read: " + std::system_category().message(errno)};
}

/// An encrypted key would have OpenSSL ask for its password on the terminal.
int no_password(char*, int, int, void*) { return -1; }

void look_at_dates(X509 const* certificate, std::string const& file, std::vector<std::string>& warnings) {
  int days = 0;
  int seconds = 0;
  auto const* const end = X509_get0_notAfter(certificate);
  if (ASN1_TIME_diff(&days, &seconds, nullptr, end) != 1) return;
  if (days < 0 || seconds < 0) {
    warnings.push_back("the certificate " + file + " has expired");
  } else if (days < kWarnDays) {
    warnings.push_back("the certificate " + file + " expires in " + std::to_string(days) +
                       (days == 1 ? " day" : " days"));
  }
  if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0) {
    warnings.push_back("the certificate " + file + " is not valid yet");
  }
}

}  // namespace

std::string openssl_errors() {
  std::string text;
  while (auto const code = ERR_get_error()) {
    char const* const reason = ERR_reason_error_string(code);
    if (!text.empty()) text += "; ";
    if (reason != nullptr) {
      text += reason;
    } else {
      std::array<char, 128> words{};
      ERR_error_string_n(code, words.data(), words.size());
      text += words.data();
    }
  }
  return text;
}

void use_identity(SSL_CTX* context, config::TlsIdentity const& identity, std::vector<std::string>& warnings) {
  ERR_clear_error();
  check_readable("the certificate", identity.cert);
  check_readable("the key", identity.key);
  SSL_CTX_set_default_passwd_cb(context, no_password);
  if (SSL_CTX_use_certificate_chain_file(context, identity.cert.c_str()) != 1) {
    fail("no certificate chain in PEM could be read from", identity.cert);
  }
  if (SSL_CTX_use_PrivateKey_file(context, identity.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    // A key of another certificate is refused here already, when both are of one kind.
    fail("no key (in PEM, without a password) that belongs to the certificate could be read from", identity.key);
  }
  if (SSL_CTX_check_private_key(context) != 1) fail("the certificate does not belong to the key", identity.key);
  look_at_dates(SSL_CTX_get0_certificate(context), identity.cert, warnings);
}

bool peer_has_expired(SSL_SESSION* session) {
  auto const* const certificate = SSL_SESSION_get0_peer(session);
  return certificate != nullptr && X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0;
}

void trust(SSL_CTX* context, std::string const& file) {
  ERR_clear_error();
  check_readable("the CA file", file);
  if (SSL_CTX_load_verify_file(context, file.c_str()) != 1) fail("no certificate in PEM could be read from", file);
  // Whatever the file holds is what is trusted: an intermediate CA, or one server's certificate, too.
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
}

}  // namespace inferway::net
