#include "handshake_load.hpp"

#include "clock.hpp"
#include "sockets.hpp"

#include <openssl/err.h>

#include <array>
#include <cstdio>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace bench {
namespace {

constexpr int kPatienceMs = 10'000;

/// Connected, and from here on blocking for no longer than that. False: it did not come to stand.
bool settle(int descriptor) {
  pollfd waiting{.fd = descriptor, .events = POLLOUT, .revents = 0};
  if (::poll(&waiting, 1, kPatienceMs) != 1 || (waiting.revents & (POLLERR | POLLHUP)) != 0) return false;
  timeval const patience{.tv_sec = kPatienceMs / 1000, .tv_usec = 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return ::fcntl(descriptor, F_SETFL, 0) == 0;
}

}  // namespace

HandshakeLoad::HandshakeLoad(Options options, Window& window)
    : options_(options), window_(window), context_(SSL_CTX_new(TLS_client_method())) {
  SSL_CTX_set_min_proto_version(context_, TLS1_3_VERSION);
  SSL_CTX_set_ex_data(context_, 0, this);
  SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context_, keep_session);
}

HandshakeLoad::~HandshakeLoad() {
  SSL_SESSION_free(session_);
  SSL_CTX_free(context_);
}

int HandshakeLoad::keep_session(SSL* ssl, SSL_SESSION* session) {
  auto& self = *static_cast<HandshakeLoad*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), 0));
  if (!self.options_.resume) return 0;
  SSL_SESSION_free(self.session_);
  self.session_ = session;
  return 1;
}

void HandshakeLoad::run() {
  while (!window_.finishing()) {
    shake_hands();
    window_.advance(now(), 1);
  }
}

void HandshakeLoad::shake_hands() {
  ERR_clear_error();
  auto const began = now();
  int const descriptor = connect_to(options_.port, begun_);
  if (!settle(descriptor) || !speak(descriptor)) {
    char const* const reason = ERR_reason_error_string(ERR_get_error());
    errors_.add(reason != nullptr ? reason : "no handshake, or not one of the kind that was asked for");
  } else if (window_.measuring()) {
    ++done_;
    latency_.add(now() - began);
  }
  ++begun_;
  ::close(descriptor);
}

bool HandshakeLoad::speak(int descriptor) {
  auto* const ssl = SSL_new(context_);
  SSL_set_fd(ssl, descriptor);
  bool const resumes = session_ != nullptr;
  if (resumes) SSL_set_session(ssl, session_);
  bool const good = SSL_connect(ssl) == 1 && (SSL_session_reused(ssl) == 1) == resumes;
  if (good) {
    SSL_shutdown(ssl);
    ::shutdown(descriptor, SHUT_WR);
    // The tickets stand before the server's own goodbye.
    std::array<char, 256> nothing{};
    while (SSL_read(ssl, nothing.data(), nothing.size()) > 0) {
    }
  }
  SSL_free(ssl);
  return good;
}

void HandshakeLoad::report() const {
  std::printf(
      "{\"event\":\"result\",\"seconds\":%.6f,\"count\":%llu,\"p50_us\":%.1f,\"p99_us\":%.1f,\"errors\":%llu,"
      "\"first_error\":\"%s\"}\n",
      window_.measured_seconds(), static_cast<unsigned long long>(done_), latency_.percentile_us(50),
      latency_.percentile_us(99), static_cast<unsigned long long>(errors_.count()), errors_.first().c_str());
}

}  // namespace bench
