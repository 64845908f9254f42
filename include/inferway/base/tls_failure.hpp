#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace inferway {

/// Why a TLS handshake, or a TLS stream, failed: what an operator has to look at. As metrics name it (see name()).
enum class TlsFailure : std::uint8_t {
  expired,          ///< the peer's certificate
  not_yet_valid,    ///< the peer's certificate, or a clock is wrong
  wrong_host,       ///< the peer's certificate is made out to others
  unknown_ca,       ///< the peer's certificate comes from nobody we trust, itself included
  revoked,          ///< the peer's certificate
  bad_certificate,  ///< the peer's certificate is wrong in another way
  no_certificate,   ///< the peer showed none, and one is required
  refused,          ///< the peer does not accept our certificate, or wants one
  protocol,         ///< no common version, cipher or application protocol
  plain_http,       ///< the peer speaks HTTP without TLS
  not_tls,          ///< the peer speaks something else
  closed,           ///< the peer ended the connection, or broke it
  timed_out,
  other,
};
inline constexpr std::size_t kTlsFailureCount = static_cast<std::size_t>(TlsFailure::other) + 1;

/// "unknown_ca"
[[nodiscard]] std::string_view name(TlsFailure failure);

}  // namespace inferway
