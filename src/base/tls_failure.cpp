#include "inferway/base/tls_failure.hpp"

namespace inferway {

std::string_view name(TlsFailure failure) {
  switch (failure) {
    case TlsFailure::expired: return "expired";
    case TlsFailure::not_yet_valid: return "not_yet_valid";
    case TlsFailure::wrong_host: return "wrong_host";
    case TlsFailure::unknown_ca: return "unknown_ca";
    case TlsFailure::revoked: return "revoked";
    case TlsFailure::bad_certificate: return "bad_certificate";
    case TlsFailure::no_certificate: return "no_certificate";
    case TlsFailure::refused: return "refused";
    case TlsFailure::protocol: return "protocol";
    case TlsFailure::plain_http: return "plain_http";
    case TlsFailure::not_tls: return "not_tls";
    case TlsFailure::closed: return "closed";
    case TlsFailure::timed_out: return "timed_out";
    case TlsFailure::other: break;
  }
  return "other";
}

}  // namespace inferway
