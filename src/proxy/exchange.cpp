// Forwarding a request that has its route: the loop that does whatever can go on.

#include "exchange.hpp"

#include <utility>

namespace inferway::proxy {

Proxy::Proxy(net::Loop& loop, Snapshot const& snapshot, upstream::Upstream& upstream, BufferedBytes& buffered,
             LoadMeter const& load, Mirrors& mirrors, telemetry::Shard& shard)
    : loop_(loop),
      snapshot_(snapshot),
      upstream_(upstream),
      buffered_(buffered),
      load_(load),
      mirrors_(mirrors),
      shedding_(snapshot.config.routes),
      shard_(shard) {}

Proxy::~Proxy() = default;

net::Task<> Proxy::serve(server::Downstream& downstream) {
  return Exchange::run(std::make_unique<Exchange>(*this, downstream));
}

static_assert(sizeof(Exchange) <= 2304,
              "every open stream has one; what is needed before it has begun belongs elsewhere");

ClientRequest::ClientRequest(Proxy& proxy, server::Downstream& downstream, Composer& composer)
    : decision(proxy.snapshot_, downstream.head()),
      caller(proxy.snapshot_, downstream.head()),
      body(proxy.loop_.blocks(), proxy.buffered_, proxy.snapshot_.config.limits.buffered_bytes, proxy.shard_),
      replay(proxy.loop_.blocks()),
      setting{.upstream = proxy.upstream_,
              .loop = proxy.loop_,
              .waiter = downstream.waiter(),
              .composer = composer,
              .avoid = avoid,
              .held_back = proxy.held_back_},
      next_try(proxy.loop_.wheel(), downstream.waiter()),
      hedge(proxy.loop_.wheel(), downstream.waiter()) {}

Exchange::Exchange(Proxy& proxy, server::Downstream& downstream)
    : proxy_(proxy),
      downstream_(downstream),
      head_(downstream.head()),
      request_(proxy.requests_.make(proxy, downstream, static_cast<Composer&>(*this))),
      total_(proxy.loop_.wheel(), downstream.waiter()),
      heartbeat_(proxy.loop_.wheel(), downstream.waiter()),
      pace_(proxy.loop_.wheel(), downstream.waiter()) {
  proxy_.shard_.requests_inflight.add();
  record_.started = std::chrono::system_clock::now();
  record_.method.assign(head_.method);
  record_.client.assign(downstream.client());
}

Exchange::~Exchange() { proxy_.shard_.requests_inflight.sub(); }

net::Task<> Exchange::run(std::unique_ptr<Exchange> exchange) {
  auto& self = *exchange;
  while (true) {
    auto const turn = self.take_turn();
    if (turn == Turn::over) break;
    if (turn == Turn::tunnel) {
      co_await self.tunnel();
      self.end_forwarding();
    } else {
      co_await self.downstream_.waiter().wait();
    }
  }
  self.finish_record();
}

/// Goes on as far as it gets.
Exchange::Turn Exchange::take_turn() {
  switch (stage_) {
    case Stage::deciding:
      if (!decided()) return Turn::wait;
      if (admission_ == Admission::refused || hops_.empty()) {  // answered
        end_forwarding();
        break;
      }
      begin_forwarding();
      [[fallthrough]];
    case Stage::forwarding: {
      auto const turn = forward();
      if (turn != Turn::over) return turn;
      end_forwarding();
      break;
    }
    case Stage::reading_on:
      if (read_on()) return Turn::wait;
      cancel(downstream_.gone().value_or(ErrorCode::client_gone));
      end_forwarding();
      break;
    case Stage::flushing: break;
  }
  // The record tells how the answer ended, so its last byte is waited for.
  return downstream_.flush() || downstream_.gone() ? Turn::over : Turn::wait;
}

/// Whether it is to be forwarded; what is not has its answer then.
bool Exchange::decided() {
  auto const admitted = admit();
  if (admitted) return *admitted;
  admission_ = Admission::refused;
  fail(admitted.error());
  return true;
}

void Exchange::begin_forwarding() {
  stage_ = Stage::forwarding;
  auto const deadline = downstream_.started() + hops_[0].timeouts.total;
  total_.arm(deadline);
  failover_.emplace(proxy_.snapshot_.config.routes[record_.route].retry, hops_.size(), deadline);
  mirror();
  move_to_hop(hop_to_ask(0));
}

void Exchange::end_forwarding() {
  stage_ = Stage::flushing;
  drop_all();
}

Exchange::Turn Exchange::forward() {
  for (int rounds = 1;; rounds += reads_.least_reads()) {
    if (auto const gone = downstream_.gone()) {
      if (begin_reading_on(*gone)) return take_turn();
      cancel(*gone);
      return Turn::over;
    }
    if (total_.expired()) {
      fail({ErrorCode::total_timeout, Side::upstream, Retry::never, "the request took longer than timeouts.total"});
      return Turn::over;
    }
    // A slow client slows its own backend: nothing is read for it while it does not take what there is.
    if (downstream_.flush() || answering_ == nullptr) {
      auto const more = step();
      if (!more) {
        fail(more.error());
        return Turn::over;
      }
      if (tunnelled_) return Turn::tunnel;
      if (!*more && downstream_.finished()) return Turn::over;
      if (*more && rounds < kRoundsAtOnce) continue;
      if (*more) downstream_.waiter().notify();  // goes on as soon as the others have gone on
      downstream_.flush();
    } else {
      held_up_ = true;
    }
    return Turn::wait;
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
  if (std::exchange(request_->replay_due, false)) {
    flight.attempt().send_body(request_->replay.view(), downstream_.body_done());
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
  bool const races = proxy_.snapshot_.config.routes[record_.route].hedge && !request_->hedged;
  if (!request_->resendable || (!failover_->may_mend() && !races)) return;
  if (request_->replay.size() + piece.size() > upstream::Attempt::kReplayBytes) {
    request_->resendable = false;
    failover_->forbid();
    request_->replay.release();
  } else {
    request_->replay.append(piece);
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
