#include "tunnel.hpp"

#include "inferway/http/websocket.hpp"

#include <algorithm>

namespace inferway::proxy {

namespace {

/// Reads in each direction before other requests of the worker have their turn.
constexpr int kRoundsAtOnce = 16;

}  // namespace

net::Task<std::optional<Error>> Tunnel::run() {
  touch();
  for (int rounds = 1;; ++rounds) {
    if (client_.gone() == ErrorCode::draining) {
      bool const over = all_said();
      co_await go_away();
      if (over) co_return std::nullopt;
      co_return Error{ErrorCode::draining, Side::gateway, Retry::never, "the gateway is being shut down"};
    }
    auto const then = step();
    if (!then) {
      backend_.end_tunnel(&then.error());
      co_return then.error();
    }
    if (*then == Then::over) {
      if (!client_.finished()) client_.send_body({}, server::More::none);
      backend_.end_tunnel(nullptr);
      co_return std::nullopt;
    }
    if (*then == Then::again && rounds < kRoundsAtOnce) continue;
    if (*then == Then::again) client_.waiter().notify();  // goes on as soon as the others have gone on
    rounds = 0;
    co_await client_.waiter().wait();
  }
}

/// One round of whatever can go on.
Result<Tunnel::Then> Tunnel::step() {
  if (auto const looked = look(); !looked) return std::unexpected(looked.error());
  if (up_.ended && down_.ended && !client_held_ && !backend_held_) return Then::over;
  if (client_lost_ && down_.said_all()) return Then::over;  // nobody is left to hear, or to be told
  auto const up = pump_up();
  if (!up) return std::unexpected(up.error());
  auto const down = pump_down();
  if (!down) return std::unexpected(down.error());
  if (*up || *down) return Then::again;
  // Neither timeout runs while one side holds the other one back: what bounds that are timeouts of its own.
  if (client_held_ || backend_held_) touch();
  return deadline_.expired() ? silence() : Then::wait;
}

/// Sends what is unsent, and finds out what has become of both connections. An end that was followed by a break is
/// no end in order, unless all was said: a Close frame came before it.
Result<void> Tunnel::look() {
  client_held_ = !client_.flush();
  auto const gone = client_.gone();
  if (gone == ErrorCode::client_stalled) {
    return client_error(ErrorCode::client_stalled, "the client took no byte for timeouts.write");
  }
  client_lost_ = gone == ErrorCode::client_gone;
  auto const taken = backend_.flush();
  backend_lost_ = !taken && taken.error().code == ErrorCode::upstream_closed;
  if (!taken && !backend_lost_) return std::unexpected(taken.error());
  backend_held_ = taken && !*taken;
  // What a client that broke had still to say is not worth waiting for a backend that does not listen.
  bool const unheard = up_.ended ? !up_.frames.closed() : backend_held_;
  if (client_lost_ && unheard && !down_.said_all()) {
    return client_error(ErrorCode::client_gone, "the client's connection broke");
  }
  bool const cut = down_.ended && !down_.frames.closed();
  if (backend_lost_ && cut && !up_.said_all()) return std::unexpected(taken.error());
  return {};
}

/// One read from the client. True: there may be more at once.
Result<bool> Tunnel::pump_up() {
  if (up_.ended || backend_held_) return false;
  auto const read = client_.read_body(loop_.scratch());
  if (!read && !up_.frames.closed() && !down_.said_all()) return std::unexpected(read.error());
  if (read && read->what == server::BodyRead::What::blocked) return false;
  if (!read || read->what == server::BodyRead::What::end) {
    up_.ended = true;
    touch();
    if (!backend_lost_) backend_.send_body({}, true);
    return true;
  }
  up_.frames.feed(read->data);
  if (!backend_lost_) {
    backend_.send_body(read->data, false);
    touch();
  }
  return true;
}

/// One read from the backend.
Result<bool> Tunnel::pump_down() {
  if (down_.ended || client_held_) return false;
  auto const received = backend_.receive();
  if (!received && !down_.frames.closed() && !up_.said_all()) return std::unexpected(received.error());
  if (received && received->blocked) return false;
  if (!received || received->end) {
    down_.ended = true;
    touch();
    client_.send_body({}, server::More::none);
    return true;
  }
  for (auto const piece : received->pieces) down_.frames.feed(piece);
  if (!client_lost_) {
    client_.send_body(received->pieces, server::More::follows);
    touch();
  }
  return true;
}

/// A byte passed, or one side ended: the wait begins anew.
void Tunnel::touch() {
  bool const half_closed = up_.ended || down_.ended || all_said();
  deadline_.arm(loop_.now() + (half_closed ? std::min<Duration>(idle_, kHalfClosed) : idle_));
}

/// No byte came for too long.
Result<Tunnel::Then> Tunnel::silence() const {
  if (all_said()) return Then::over;  // only the connections' ends are missing (RFC 6455 section 7.1.4)
  if (!up_.ended && !down_.ended) {
    return upstream_error(ErrorCode::idle_timeout, "no byte in either direction for timeouts.idle", Retry::never);
  }
  if (up_.said_all() || down_.said_all()) return Then::over;
  if (up_.ended) {
    return client_error(ErrorCode::client_gone, "the client ended its side, and the backend does not end its own");
  }
  return upstream_error(ErrorCode::upstream_closed, "the backend ended its side, and the client does not end its own",
                        Retry::never);
}

/// The gateway ends: both sides hear of it where they can, and have a moment to say goodbye.
net::Task<> Tunnel::go_away() {
  say_goodbye();
  deadline_.arm(loop_.now() + kGoodbye);
  while (true) {
    bool const more = hear();
    client_held_ = !client_.flush();
    auto const taken = backend_.flush();
    backend_held_ = taken && !*taken;
    bool const client_done = client_cut_ || (!client_held_ && (up_.ended || up_.frames.closed()));
    bool const backend_done = backend_cut_ || (!backend_held_ && (down_.ended || down_.frames.closed()));
    if ((client_done && backend_done) || deadline_.expired()) break;
    if (more) client_.waiter().notify();
    co_await client_.waiter().wait();
  }
  // Who is cut in the middle of a frame, or has not taken all of it, is not told a clean end.
  if (!client_cut_ && !client_held_ && !client_.finished()) client_.send_body({}, server::More::none);
  Error const cut{ErrorCode::draining, Side::gateway, Retry::never, {}};
  backend_.end_tunnel(backend_cut_ || backend_held_ ? &cut : nullptr);
}

/// Close frames of our own, where the direction is between two frames and nobody has sent one before.
void Tunnel::say_goodbye() {
  if (!client_.finished() && !down_.frames.closed()) {
    client_cut_ = !down_.frames.at_boundary();
    std::string_view const pieces[] = {http::kGoingAway};
    if (!client_cut_) client_.send_body(pieces, server::More::follows);
  }
  if (!up_.ended && !up_.frames.closed()) {
    backend_cut_ = !up_.frames.at_boundary();
    auto const frame = http::masked_going_away(mask_);
    if (!backend_cut_) backend_.send_body({frame.data(), frame.size()}, false);
  }
}

/// One read from each side, which goes nowhere: a Close frame or an end is all that matters now.
bool Tunnel::hear() {
  bool more = false;
  if (!up_.ended) {
    auto const read = client_.read_body(loop_.scratch());
    up_.ended = !read || read->what == server::BodyRead::What::end;
    if (read && read->what == server::BodyRead::What::data) {
      up_.frames.feed(read->data);
      more = true;
    }
  }
  if (!down_.ended) {
    auto const received = backend_.receive();
    down_.ended = !received || received->end;
    if (received && !received->pieces.empty()) {
      for (auto const piece : received->pieces) down_.frames.feed(piece);
      more = true;
    }
  }
  return more;
}

}  // namespace inferway::proxy
