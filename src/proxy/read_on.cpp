// The client has left, but the backend's answer is read to its end (on_client_cancel: drain): some providers bill all
// of it, so that all of it is to be accounted for.

#include "exchange.hpp"

namespace inferway::proxy {

bool Exchange::reads_on(ErrorCode why) const {
  if (why != ErrorCode::client_gone && why != ErrorCode::client_stalled) return false;
  return proxy_.snapshot_.config.backends[target().backend].on_client_cancel == config::OnClientCancel::drain;
}

/// The one whose answer is read on.
Flight* Exchange::read_on_from() { return answering_ != nullptr ? answering_ : (first_ ? &*first_ : second_.get()); }

bool Exchange::begin_reading_on(ErrorCode why) {
  if (!reads_on(why)) return false;
  if (request_ != nullptr && request_->decision.websocket()) return false;  // a tunnel has no end to be read to
  auto* const flight = read_on_from();
  if (flight == nullptr || !flight->started() || !flight->attempt().body_sent()) return false;
  if (second_ != nullptr && flight != second_.get()) second_.reset();
  stage_ = Stage::reading_on;
  return true;
}

/// False: there is no more of it.
bool Exchange::read_on() {
  auto& flight = *read_on_from();
  for (int rounds = 1; !total_.expired() && !downstream_.ending(); ++rounds) {
    auto const more = throw_away(flight);
    if (!more || (!*more && flight.attempt().done())) return false;
    if (*more && rounds < kRoundsAtOnce) continue;
    if (*more) downstream_.waiter().notify();  // goes on as soon as the others have gone on
    return true;
  }
  return false;
}

/// One read of what nobody wants. True: there may be more at once.
Result<bool> Exchange::throw_away(Flight& flight) {
  using Step = upstream::Attempt::Step;
  auto& attempt = flight.attempt();
  if (!flight.has_head() && !head_thrown_away_) {
    auto const step = attempt.advance();
    if (!step) return std::unexpected(step.error());
    head_thrown_away_ = *step == Step::head;
    if (!head_thrown_away_) return *step == Step::interim;
    // What came with the head is lost at the next await.
  }
  auto const received = attempt.receive();
  if (!received) return std::unexpected(received.error());
  return !received->blocked && !received->end;
}

}  // namespace inferway::proxy
