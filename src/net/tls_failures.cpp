#include "tls_failures.hpp"

#include "tls_context.hpp"

#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>

namespace inferway::net {

namespace {

/// RFC 8446 section 6: an alert of the peer's is an error with this above its number.
constexpr int kAlert = SSL_AD_REASON_OFFSET;

TlsFailure of_verification(long result) {
  switch (result) {
    case X509_V_ERR_CERT_HAS_EXPIRED: return TlsFailure::expired;
    case X509_V_ERR_CERT_NOT_YET_VALID: return TlsFailure::not_yet_valid;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return TlsFailure::wrong_host;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN: return TlsFailure::unknown_ca;
    case X509_V_ERR_CERT_REVOKED: return TlsFailure::revoked;
    default: return TlsFailure::bad_certificate;
  }
}

TlsFailure of_alert(int alert) {
  switch (alert) {
    case SSL3_AD_NO_CERTIFICATE:
    case SSL3_AD_BAD_CERTIFICATE:
    case SSL3_AD_UNSUPPORTED_CERTIFICATE:
    case SSL3_AD_CERTIFICATE_REVOKED:
    case SSL3_AD_CERTIFICATE_EXPIRED:
    case SSL3_AD_CERTIFICATE_UNKNOWN:
    case TLS1_AD_UNKNOWN_CA:
    case TLS1_AD_ACCESS_DENIED:
    case TLS13_AD_CERTIFICATE_REQUIRED: return TlsFailure::refused;
    case SSL3_AD_HANDSHAKE_FAILURE:
    case TLS1_AD_PROTOCOL_VERSION:
    case TLS1_AD_INSUFFICIENT_SECURITY:
    case TLS1_AD_NO_APPLICATION_PROTOCOL: return TlsFailure::protocol;
    case SSL3_AD_UNEXPECTED_MESSAGE: return TlsFailure::not_tls;
    default: return TlsFailure::other;
  }
}

TlsFailure of_reason(int reason) {
  switch (reason) {
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return TlsFailure::no_certificate;
    case SSL_R_HTTP_REQUEST: return TlsFailure::plain_http;
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_BAD_PROTOCOL_VERSION_NUMBER:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_RECORD_LENGTH_MISMATCH:
    case SSL_R_UNKNOWN_PROTOCOL: return TlsFailure::not_tls;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_GROUPS:
    case SSL_R_NO_APPLICATION_PROTOCOL: return TlsFailure::protocol;
    case SSL_R_UNEXPECTED_EOF_WHILE_READING: return TlsFailure::closed;
    default: return TlsFailure::other;
  }
}

}  // namespace

TlsTrouble why_tls_failed(SSL const* ssl) {
  auto const code = ERR_peek_error();
  int const reason = ERR_GET_REASON(code);
  bool const of_ssl = ERR_GET_LIB(code) == ERR_LIB_SSL;
  auto const verified = SSL_get_verify_result(ssl);
  if (of_ssl && reason == SSL_R_CERTIFICATE_VERIFY_FAILED && verified != X509_V_OK) {
    ERR_clear_error();
    return {of_verification(verified),
            std::string("the peer's certificate: ") + X509_verify_cert_error_string(verified)};
  }
  auto words = openssl_errors();
  if (of_ssl && reason > kAlert) return {of_alert(reason - kAlert), "the peer says: " + words};
  return {of_ssl ? of_reason(reason) : TlsFailure::other, std::move(words)};
}

}  // namespace inferway::net
