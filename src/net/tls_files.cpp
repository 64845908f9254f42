// Certificates, keys and trust out of files.

#include "inferway/base/secret_memory.hpp"
#include "inferway/base/wipe_freed.hpp"
#include "inferway/net/descriptor.hpp"
#include "tls_context.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>
#include <vector>

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

struct FreeOpenssl {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

/// Not by way of OpenSSL's files: their buffers are the C library's, and nobody zeroes those. Empty: it cannot be read.
std::vector<char, SecretAllocator<char>> read_key_file(std::string const& file) {
  constexpr std::size_t kMostKeyBytes = 1024 * 1024;
  std::vector<char, SecretAllocator<char>> content(kMostKeyBytes);
  Descriptor const opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  std::size_t size = 0;
  while (size < content.size()) {
    auto const got = ::read(opened.get(), content.data() + size, content.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  content.resize(size);
  return content;
}

bool use_key(SSL_CTX* context, std::string const& file) {
  auto const content = read_key_file(file);
  std::unique_ptr<BIO, FreeOpenssl> const bio(BIO_new_mem_buf(content.data(), static_cast<int>(content.size())));
  if (bio == nullptr) return false;
  std::unique_ptr<EVP_PKEY, FreeOpenssl> const key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  return key != nullptr && SSL_CTX_use_PrivateKey(context, key.get()) == 1;
}

[[maybe_unused]] void* allocate(std::size_t bytes, char const*, int) {
  return bytes == 0 ? nullptr : std::malloc(bytes);
}
[[maybe_unused]] void* reallocate(void* memory, std::size_t bytes, char const*, int) {
  return realloc_wiping(memory, bytes);
}
[[maybe_unused]] void release(void* memory, char const*, int) { free_wiping(memory); }

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

/// Not where the thread sanitizer looks on: of memory that OpenSSL shares under its own atomics it would see the ends
/// alone.
void let_openssl_wipe() {
#if !__has_feature(thread_sanitizer)
  CRYPTO_set_mem_functions(allocate, reallocate, release);
#endif
}

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
  WipeFreed const wipe;
  ERR_clear_error();
  check_readable("the certificate", identity.cert);
  check_readable("the key", identity.key);
  if (SSL_CTX_use_certificate_chain_file(context, identity.cert.c_str()) != 1) {
    fail("no certificate chain in PEM could be read from", identity.cert);
  }
  if (!use_key(context, identity.key)) {
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
