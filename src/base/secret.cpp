#include "inferway/base/secret.hpp"

#include <openssl/crypto.h>

#include <cstring>

namespace inferway {

Secret::Secret(std::string value) : value_(value.begin(), value.end()) {
  // The whole capacity: a shrunk string keeps old bytes behind its end.
  explicit_bzero(value.data(), value.capacity());
}

bool Secret::equals(std::string_view other) const {
  return other.size() == value_.size() && CRYPTO_memcmp(other.data(), value_.data(), other.size()) == 0;
}

}  // namespace inferway
