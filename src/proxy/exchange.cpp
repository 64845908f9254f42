// Forwarding a request that has its route: the loop that does whatever can go on.

#include "exchange.hpp"

#include <utility>

namespace inferway::proxy {

net::Task<> Proxy::serve(server::Downstream& downstream) {
  return Exchange::run(std::make_unique<Exchange>(*this, downstream));
}

Exchange::Exchange(Proxy& proxy, server::Downstream& downstream)
    : proxy_(proxy),
      downstream_(downstream),
      head_(downstream.head()),
      decision_(proxy.snapshot_, head_),
      caller_(proxy.snapshot_, head_),
      body_(proxy.loop_.blocks(), proxy.buffered_, proxy.snapshot_.config.limits.buffered_bytes, proxy.shard_),
      replay_(proxy.loop_.blocks()),
      total_(proxy.loop_.wheel(), downstream.waiter()),
      next_try_(proxy.loop_.wheel(), downstream.waiter()),
      hedge_(proxy.loop_.wheel(), downstream.waiter()),
      heartbeat_(proxy.loop_.wheel(), downstream.waiter()),
      pace_(proxy.loop_.wheel(), downstream.waiter()) {
  proxy_.shard_.requests_inflight.add();
  record_.started = std::chrono::system_clock::now();
  record_.method.assign(head_.method);
  record_.client.assign(downstream.peer());
}

Exchange::~Exchange() { proxy_.shard_.requests_inflight.sub(); }

net::Task<> Exchange::run(std::unique_ptr<Exchange> exchange) {
  auto& self = *exchange;
  while (!self.decided()) co_await self.downstream_.waiter().wait();
  bool const answered = self.admission_ == Admission::refused || self.hops_.empty();
  if (!answered) co_await self.forward();
  self.drop_all();
  // The record tells how the answer ended, so its last byte is waited for.
  while (!self.downstream_.flush() && !self.downstream_.gone()) co_await self.downstream_.waiter().wait();
  self.finish_record();
}

/// Whether it is to be forwarded; what is not has its answer then.
bool Exchange::decided() {
  auto const admitted = admit();
  if (admitted) return *admitted;
  admission_ = Admission::refused;
  fail(admitted.error());
  return true;
}

net::Task<> Exchange::forward() {
  auto const deadline = downstream_.started() + hops_[0].timeouts.total;
  total_.arm(deadline);
  failover_.emplace(proxy_.snapshot_.config.routes[record_.route].retry, hops_.size(), deadline);
  mirror();
  move_to_hop(hop_to_ask(0));
  for (int rounds = 1;; rounds += reads_.least_reads()) {
    if (auto const gone = downstream_.gone()) {
      if (reads_on(*gone)) co_await read_on();
      cancel(*gone);
      co_return;
    }
    if (total_.expired()) {
      fail({ErrorCode::total_timeout, Side::upstream, Retry::never, "the request took longer than timeouts.total"});
      co_return;
    }
    // A slow client slows its own backend: nothing is read for it while it does not take what there is.
    if (downstream_.flush() || answering_ == nullptr) {
      auto const more = step();
      if (!more) {
        fail(more.error());
        co_return;
      }
      if (tunnelled_) {
        co_await tunnel();
        co_return;
      }
      if (!*more && downstream_.finished()) co_return;
      if (*more && rounds < kRoundsAtOnce) continue;
      if (*more) downstream_.waiter().notify();  // goes on as soon as the others have gone on
      downstream_.flush();
    } else {
      held_up_ = true;
    }
    rounds = 0;
    co_await downstream_.waiter().wait();
  }
}

/// One round of whatever can go on. False: wait, or (the answer is finished) stop.
Result<bool> Exchange::step() {
  auto const more = answering_ != nullptr ? relay() : seek();
  if (more && heartbeat_.expired()) beat();
  return more;
}

/// A piece of the request's body on its way up.
Result<bool> Exchange::pump_body(Flight& flight) {
  if (std::exchange(replay_due_, false)) {
    flight.attempt().send_body(replay_.view(), downstream_.body_done());
    return true;
  }
  auto const read = downstream_.read_body(proxy_.loop_.scratch(reads_.bytes()));
  if (!read) return std::unexpected(read.error());
  if (read->what == server::BodyRead::What::blocked) return false;
  keep_for_replay(read->data);
  flight.attempt().send_body(read->data, downstream_.body_done());
  reads_.passed_on(read->data.size(), flight.attempt().body_taken());
  return true;
}

/// Another try has to send the body from its beginning. What is longer than can be kept is tried once.
void Exchange::keep_for_replay(std::string_view piece) {
  bool const races = proxy_.snapshot_.config.routes[record_.route].hedge && !hedged_;
  if (!resendable_ || (!failover_->may_mend() && !races)) return;
  if (replay_.size() + piece.size() > upstream::Attempt::kReplayBytes) {
    resendable_ = false;
    failover_->forbid();
    replay_.release();
  } else {
    replay_.append(piece);
  }
}

void Exchange::cancel(ErrorCode why) {
  if (why == ErrorCode::draining) return fail(gateway_ends());  // the client is still there to be told
  record_.error_set = true;
  record_.error = why;
  drop_all();  // closes the connection upstream at once
  if (!downstream_.finished()) {
    record_.truncated = downstream_.head_sent();
    if (downstream_.head_sent()) downstream_.abort();
  }
}

}  // namespace inferway::proxy
