#pragma once

#include "inferway/base/tls_failure.hpp"
#include "openssl.hpp"

#include <string>

namespace inferway::net {

struct TlsTrouble {
  TlsFailure failure = TlsFailure::other;
  std::string text;  ///< "the certificate has expired"
};

/// What OpenSSL's error queue and the verification of the peer's certificate say about a failed call. Empties the
/// queue.
[[nodiscard]] TlsTrouble why_tls_failed(SSL const* ssl);

}  // namespace inferway::net
