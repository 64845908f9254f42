// TLS at the beginning of a session.

#include "inferway/telemetry/log.hpp"
#include "session.hpp"

#include <list>

namespace inferway::server {

/// The right to take part in a TLS handshake: a handshake costs a thousand times what a request does, so that a flood
/// of them must not keep the worker from its streams. Those beyond the limit wait in turn.
class HandshakeSlot {
 public:
  HandshakeSlot(Server& server, net::Waiter& waiter) : server_(server), waiter_(waiter) {
    granted_ = server_.handshakes_ < server_.settings_.limits.tls_handshakes;
    if (granted_) {
      begin();
      return;
    }
    server_.shard_.tls_waited.add();
    server_.shard_.tls_waiting.add();
    place_ = server_.next_handshakes_.insert(server_.next_handshakes_.end(), this);
  }
  HandshakeSlot(HandshakeSlot const&) = delete;
  HandshakeSlot& operator=(HandshakeSlot const&) = delete;
  ~HandshakeSlot() {
    if (!granted_) {
      server_.shard_.tls_waiting.sub();
      server_.next_handshakes_.erase(place_);
      return;
    }
    --server_.handshakes_;
    server_.shard_.tls_handshaking.sub();
    if (!server_.next_handshakes_.empty()) server_.next_handshakes_.front()->grant();
  }

  [[nodiscard]] bool granted() const { return granted_; }

 private:
  void begin() {
    ++server_.handshakes_;
    server_.shard_.tls_handshaking.add();
  }
  void grant() {
    server_.next_handshakes_.pop_front();
    server_.shard_.tls_waiting.sub();
    granted_ = true;
    begin();
    waiter_.notify();
  }

  Server& server_;
  net::Waiter& waiter_;
  std::list<HandshakeSlot*>::iterator place_;
  bool granted_ = false;
};

net::Task<bool> Session::handshake(net::TlsServerContext::Shared tls) {
  stream_.start_tls(std::move(tls));
  read_deadline_.arm(server_.loop_.now() + server_.settings_.timeouts.tls_handshake);
  auto failed = co_await do_handshake();
  read_deadline_.disarm();
  if (!failed) {
    auto& counters = server_.shard_.tls;
    (stream_.tls_resumed() ? counters.resumed : counters.full).add();
    co_return true;
  }
  if (stream_.tls_failure() == TlsFailure::plain_http) {
    // Whoever forgot the s of https is told so, in words that can be read.
    stream_.drop_tls();
    co_await refuse({ErrorCode::bad_request, Side::client, Retry::never, "this port speaks TLS: use https://"});
  }
  co_return false;
}

/// Nothing: it succeeded.
net::Task<std::optional<Error>> Session::do_handshake() {
  HandshakeSlot const slot(server_, waiter_);
  while (true) {
    if (slot.granted()) {
      auto done = stream_.handshake();
      if (done && *done) co_return std::nullopt;
      if (done) {
        note_failed_handshake(stream_.tls_failure(), done->error().detail);
        co_return std::move(done->error());
      }
    }
    bool const left = stream_.hung_up() && !slot.granted();
    if (left || server_.cut_ || read_deadline_.expired()) {
      auto const cause = read_deadline_.expired() ? TlsFailure::timed_out : TlsFailure::closed;
      std::string const why = read_deadline_.expired() ? "not done within timeouts.tls_handshake" : "given up";
      note_failed_handshake(cause, why);
      co_return Error{ErrorCode::request_timeout, Side::client, Retry::never, why};
    }
    co_await waiter_.wait();
  }
}

/// Not a request, so no line of the access log: anybody can cause these, and as many as they like.
void Session::note_failed_handshake(TlsFailure cause, std::string_view detail) {
  server_.shard_.tls.failures[static_cast<std::size_t>(cause)].add();
  if (!telemetry::log_enabled(config::LogLevel::debug)) return;
  telemetry::log(config::LogLevel::debug, "TLS handshake with client " + peer_ + " failed (" +
                                              std::string(name(cause)) + "): " + std::string(detail));
}

}  // namespace inferway::server
