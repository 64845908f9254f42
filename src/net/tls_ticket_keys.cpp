#include "tls_ticket_keys.hpp"

#include "inferway/base/secret_memory.hpp"
#include "tls_context.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>

namespace inferway::net {

namespace {

TlsTicketKeys::Key make_key() {
  TlsTicketKeys::Key key;
  RAND_bytes(key.name.data(), static_cast<int>(key.name.size()));
  RAND_priv_bytes(key.cipher.data(), static_cast<int>(key.cipher.size()));
  RAND_priv_bytes(key.mac.data(), static_cast<int>(key.mac.size()));
  return key;
}

/// Of an SSL_CTX: the keys its tickets are made with.
int keys_index() {
  static int const kIndex = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return kIndex;
}

bool set_mac_key(EVP_MAC_CTX* mac, TlsTicketKeys::Key& key) {
  char digest[] = "SHA256";
  OSSL_PARAM const parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac.data(), key.mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

/// RFC 5077 section 4. 1: the key is set; 2: and the ticket is to be renewed; 0: no key, a full handshake; -1: error.
int on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int encrypt) {
  auto* const keys = static_cast<TlsTicketKeys*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), keys_index()));
  auto const now = Clock::now();
  if (encrypt != 0) {
    auto key = keys->current(now);
    std::ranges::copy(key.name, name);
    if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return -1;
    if (EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.cipher.data(), iv) != 1) return -1;
    return set_mac_key(mac, key) ? 1 : -1;
  }
  auto found = keys->find(name, now);
  if (!found) return 0;
  if (!set_mac_key(mac, found->key)) return -1;
  if (EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, found->key.cipher.data(), iv) != 1) return -1;
  // In TLS 1.3 a client uses a ticket once (RFC 8446, C.4): without a new one it would have to begin anew.
  return found->fresh && SSL_version(ssl) < TLS1_3_VERSION ? 1 : 2;
}

}  // namespace

TlsTicketKeys::Key::~Key() {
  OPENSSL_cleanse(cipher.data(), cipher.size());
  OPENSSL_cleanse(mac.data(), mac.size());
}

void TlsTicketKeys::renew(TimePoint now) {
  if (made_ != TimePoint{} && now - made_ < kLife) return;
  has_previous_ = made_ != TimePoint{} && now - made_ < 2 * kLife;
  previous_ = current_;
  current_ = make_key();
  made_ = now;
}

TlsTicketKeys::Key TlsTicketKeys::current(TimePoint now) {
  std::lock_guard const lock(mutex_);
  renew(now);
  return current_;
}

std::optional<TlsTicketKeys::Found> TlsTicketKeys::find(unsigned char const* name, TimePoint now) {
  std::lock_guard const lock(mutex_);
  renew(now);
  if (std::equal(current_.name.begin(), current_.name.end(), name)) return Found{.key = current_, .fresh = true};
  bool const previous = has_previous_ && std::equal(previous_.name.begin(), previous_.name.end(), name);
  if (previous) return Found{.key = previous_, .fresh = false};
  return std::nullopt;
}

std::shared_ptr<TlsTicketKeys> make_ticket_keys() {
  return std::allocate_shared<TlsTicketKeys>(SecretAllocator<TlsTicketKeys>());
}

void use_ticket_keys(SSL_CTX* context, TlsTicketKeys& keys) {
  SSL_CTX_set_ex_data(context, keys_index(), &keys);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket);
}

}  // namespace inferway::net
