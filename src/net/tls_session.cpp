#include "tls_session.hpp"

#include "inferway/base/assert.hpp"
#include "tls_bio.hpp"
#include "tls_context.hpp"
#include "tls_failures.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstring>

namespace inferway::net {

namespace {

/// Of an SSL: the TlsSession it belongs to.
int session_index() {
  static int const kIndex = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return kIndex;
}

/// What the peer's certificate must be made out to, and what it is asked for by SNI (names only, RFC 6066 section 3).
void expect_name(SSL* ssl, std::string_view wanted, bool verify) {
  if (wanted.ends_with('.')) wanted.remove_suffix(1);
  std::string const name(wanted);
  auto* const parameters = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(parameters,
                                  X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  bool const is_address = X509_VERIFY_PARAM_set1_ip_asc(parameters, name.c_str()) == 1;
  ERR_clear_error();
  if (is_address) return;
  SSL_set_tlsext_host_name(ssl, name.c_str());
  if (verify) SSL_set1_host(ssl, name.c_str());
}

}  // namespace

TlsSession::TlsSession(Stream& stream, TlsServerContext::Shared context)
    : stream_(stream),
      server_(std::move(context)),
      ssl_(SSL_new(server_->state_->contexts.front().get())),
      unread_(stream.loop().blocks()),
      unsent_(stream.loop().blocks()) {
  attach();
  SSL_set_accept_state(ssl_.get());
}

TlsSession::TlsSession(Stream& stream, TlsClientSide const& side)
    : stream_(stream),
      client_(side.context),
      tickets_(side.tickets),
      ssl_(SSL_new(client_->state_->context.get())),
      unread_(stream.loop().blocks()),
      unsent_(stream.loop().blocks()) {
  attach();
  SSL_set_connect_state(ssl_.get());
  auto const& configured = client_->state_->server_name;
  expect_name(ssl_.get(), configured.empty() ? side.server_name : configured, client_->state_->verify);
  if (tickets_ == nullptr) return;
  generation_ = tickets_->generation_;
  if (tickets_->tickets_.empty()) return;
  auto session = std::move(tickets_->tickets_.back().session);
  tickets_->tickets_.pop_back();
  if (peer_has_expired(session.get())) return;
  SSL_set_session(ssl_.get(), session.get());
  offered_ = true;
  // A ticket of TLS 1.3 is for one use, so that connections cannot be told to be of one client (RFC 8446, C.4).
  if (SSL_SESSION_get_protocol_version(session.get()) < TLS1_3_VERSION) {
    tickets_->tickets_.push_back({std::move(session)});
  }
}

TlsSession::~TlsSession() {
  // Without this OpenSSL takes the session for broken, and would not resume it.
  if (done_ && !failed_) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

/// OpenSSL shows each message of the handshake layer, also those behind the handshake.
void TlsSession::on_message(int written, int, int type, void const* data, std::size_t size, SSL* ssl, void*) {
  auto* const self = static_cast<TlsSession*>(SSL_get_ex_data(ssl, session_index()));
  bool const update = written == 0 && type == SSL3_RT_HANDSHAKE && size > 0 &&
                      *static_cast<unsigned char const*>(data) == SSL3_MT_KEY_UPDATE;
  if (update && self != nullptr) ++self->key_updates_;
}

void TlsSession::attach() {
  INFERWAY_ASSERT(ssl_ != nullptr);
  SSL_set_msg_callback(ssl_.get(), on_message);
  SSL_set_ex_data(ssl_.get(), session_index(), this);
  auto* const bio = TlsBio::make(*this);
  SSL_set_bio(ssl_.get(), bio, bio);
}

int TlsSession::on_new_ticket(SSL* ssl, SSL_SESSION* session) {
  auto* const self = static_cast<TlsSession*>(SSL_get_ex_data(ssl, session_index()));
  if (self == nullptr || self->tickets_ == nullptr || self->generation_ != self->tickets_->generation_) return 0;
  auto& tickets = self->tickets_->tickets_;
  if (tickets.size() >= TlsTickets::kMost) tickets.erase(tickets.begin());
  tickets.push_back({SslSession(session)});
  return 1;
}

int TlsSession::on_certificate_wanted(SSL* ssl, void*) {
  if (auto* const self = static_cast<TlsSession*>(SSL_get_ex_data(ssl, session_index()))) {
    self->certificate_wanted_ = SSL_get_certificate(ssl) == nullptr;
  }
  return 1;
}

/// Before each call of OpenSSL.
void TlsSession::begin() {
  ERR_clear_error();
  pulled_ = 0;
  input_ = unread_.view();
}

/// After it: what it did not take is kept.
void TlsSession::end_input() {
  bool const kept = !input_.empty() && input_.data() >= unread_.view().data() &&
                    input_.data() < unread_.view().data() + unread_.size();
  if (kept) {
    unread_.consume(unread_.size() - input_.size());
  } else {
    unread_.release();
    if (!input_.empty()) unread_.append(input_);
  }
  input_ = {};
  pending_ = SSL_pending(ssl_.get()) > 0 || !unread_.empty();
  stream_.tls_pending_ = pending_;
}

void TlsSession::note_failure(int result) {
  if (failed_) return;
  failed_ = true;
  bool const socket = (socket_ended_ || socket_failed_) && result != SSL_ERROR_SSL;
  auto trouble = why_tls_failed(ssl_.get());
  if (socket || trouble.failure == TlsFailure::closed || (socket_ended_ && trouble.failure == TlsFailure::other)) {
    failure_ = TlsFailure::closed;
    if (socket_ended_) failure_text_ = "the peer ended the connection without a close_notify";
    return;
  }
  failure_ = opens_with_http() ? TlsFailure::plain_http : trouble.failure;
  failure_text_ = std::move(trouble.text);
  // In TLS 1.2 a missing certificate is answered by an alert that may mean anything.
  if (certificate_wanted_ && (failure_ == TlsFailure::protocol || failure_ == TlsFailure::refused)) {
    failure_ = TlsFailure::refused;
    failure_text_ += " (it asked for a client certificate, and tls.cert is not given)";
  }
}

void TlsSession::check_key_updates() {
  if (key_updates_ <= kMostKeyUpdates || failed_) return;
  failed_ = stream_.hung_up_ = true;
  failure_ = TlsFailure::other;
  failure_text_ = "the peer does nothing but change its keys";
}

/// Clients that speak HTTP without TLS. OpenSSL knows some methods, and only their first letters.
bool TlsSession::opens_with_http() const {
  auto const blank = opening_.find(' ');
  auto const method = std::string_view(opening_).substr(0, blank);
  return blank != std::string::npos && blank > 2 &&
         std::ranges::all_of(method, [](char c) { return (c >= 'A' && c <= 'Z') || c == '-'; });
}

std::optional<Result<void>> TlsSession::handshake() {
  wanted_ = 0;
  std::size_t none = 0;
  if (!drain_unsent(none)) socket_failed_ = true;
  begin();
  int const done = SSL_do_handshake(ssl_.get());
  int const result = done == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl_.get(), done);
  if (result != SSL_ERROR_NONE && result != SSL_ERROR_WANT_READ) note_failure(result);
  end_input();
  if (!send_out() && !failed_) note_failure(SSL_ERROR_SYSCALL);
  if (result == SSL_ERROR_NONE) {
    done_ = true;
    opening_ = std::string();
    return Result<void>{};
  }
  if (!failed_) return std::nullopt;
  auto detail = "TLS: " + (failure_text_.empty() ? "the peer broke the connection in the handshake" : failure_text_);
  if (server_ != nullptr) return client_error(ErrorCode::bad_request, std::move(detail));
  return upstream_error(ErrorCode::connect_failed, std::move(detail));
}

IoResult TlsSession::read(std::span<char> into) {
  if (peer_closed_) return {IoStatus::closed, 0};
  if (failed_ && !pending_) return {IoStatus::failed, 0};
  wanted_ = into.size();
  begin();
  std::size_t got = 0;
  int result = SSL_ERROR_NONE;
  while (got < into.size()) {
    std::size_t bytes = 0;
    if (SSL_read_ex(ssl_.get(), into.data() + got, into.size() - got, &bytes) != 1) {
      result = SSL_get_error(ssl_.get(), 0);
      break;
    }
    got += bytes;
    key_updates_ = 0;
  }
  if (result == SSL_ERROR_ZERO_RETURN) {
    peer_closed_ = stream_.hung_up_ = true;
  } else if (result != SSL_ERROR_NONE && result != SSL_ERROR_WANT_READ) {
    note_failure(result);
    stream_.hung_up_ = true;
  }
  end_input();
  if (!send_out()) failed_ = true;
  check_key_updates();
  if (got > 0) {
    stream_.tls_pending_ = pending_ = pending_ || peer_closed_ || failed_;  // the end is there to be read, too
    return {IoStatus::ok, got};
  }
  if (peer_closed_) return {IoStatus::closed, 0};
  return {failed_ ? IoStatus::failed : IoStatus::blocked, 0};
}

bool TlsSession::peer_closed() {
  if (peer_closed_ || failed_) return true;
  if (!done_ || pending_) return false;
  wanted_ = 0;
  begin();
  char first = 0;
  std::size_t bytes = 0;
  int const result = SSL_peek_ex(ssl_.get(), &first, 1, &bytes) == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl_.get(), 0);
  if (result == SSL_ERROR_ZERO_RETURN) {
    peer_closed_ = stream_.hung_up_ = true;
  } else if (result != SSL_ERROR_NONE && result != SSL_ERROR_WANT_READ) {
    note_failure(result);
    stream_.hung_up_ = true;
  }
  end_input();
  if (!send_out()) failed_ = true;
  check_key_updates();
  if (peer_closed_ || failed_) stream_.tls_pending_ = pending_ = true;
  return peer_closed_ || failed_;
}

bool TlsSession::close_write() {
  if (!done_ || failed_) return true;
  std::size_t taken = 0;
  if (!drain_unsent(taken)) return true;
  if (!write_closed_) {
    begin();
    SSL_shutdown(ssl_.get());
    end_input();
    write_closed_ = true;
    if (!send_out()) return true;
  }
  return unsent_.empty();
}

}  // namespace inferway::net
