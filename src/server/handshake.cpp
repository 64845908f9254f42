// TLS at the beginning of a session.

#include "inferway/telemetry/log.hpp"
#include "session.hpp"

#include <algorithm>
#include <list>
#include <utility>

namespace inferway::server {

namespace {

/// How long a client may keep a handshake waiting before its place is given to another.
constexpr Duration kTurn = std::chrono::seconds(2);

}  // namespace

/// The right to take part in a TLS handshake: a handshake costs a thousand times what a request does, so that a flood
/// of them must not keep the worker from its streams. Those beyond the limit wait in turn. A silent client costs
/// nothing and holds none; one that has begun and then makes us wait gives its own back, so that it cannot keep others
/// out.
class HandshakeSlot {
 public:
  HandshakeSlot(Server& server, net::Waiter& waiter) : server_(server), waiter_(waiter) {
    granted_ = server_.handshakes_ < server_.settings_->limits.tls_handshakes;
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
  read_deadline_.arm(server_.loop_.now() + settings_->timeouts.tls_handshake);
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
    refuse({ErrorCode::bad_request, Side::client, Retry::never, "this port speaks TLS: use https://"});
    if (!flush()) co_await flush_all();
    co_await linger();
  } else if (!stream_.socket_hung_up() && failed->code == ErrorCode::bad_request) {
    stream_.drop_tls();  // what it still sends is thrown away: a reset would take the alert away that says why
    body_done_ = true;
    co_await linger();
  }
  co_return false;
}

/// Nothing: it succeeded.
net::Task<std::optional<Error>> Session::do_handshake() {
  std::optional<HandshakeSlot> slot;
  net::Deadline turn(server_.loop_.wheel(), waiter_);
  bool last_moment = false;
  while (true) {
    if (!slot && stream_.readable()) slot.emplace(server_, waiter_);
    if (slot && slot->granted()) {
      auto done = stream_.handshake();
      if (done && *done) co_return std::nullopt;
      if (done) {
        note_failed_handshake(stream_.tls_failure(), done->error().detail);
        co_return std::move(done->error());
      }
      if (!turn.armed()) turn.arm(server_.loop_.now() + kTurn);
      if (turn.expired() && !stream_.readable()) {
        slot.reset();
        turn.disarm();
      }
    }
    if (server_.draining_ && !std::exchange(last_moment, true)) {
      read_deadline_.arm(std::min(read_deadline_.at(), server_.loop_.now() + server_.last_moment_));
    }
    bool const waits = slot && !slot->granted();
    bool const left = stream_.socket_hung_up() && (waits || !stream_.readable());
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
