// Forwarding a request that has its route.

#include "exchange.hpp"

namespace inferway::proxy {

net::Task<> Proxy::serve(server::Downstream& downstream) {
  Exchange exchange(*this, downstream);
  co_await exchange.run();
}

Exchange::Exchange(Proxy& proxy, server::Downstream& downstream)
    : proxy_(proxy),
      downstream_(downstream),
      head_(downstream.head()),
      decision_(proxy.snapshot_, head_),
      caller_(proxy.snapshot_, head_),
      body_(proxy.loop_.blocks(), proxy.buffered_, proxy.snapshot_.config.limits.buffered_bytes, proxy.shard_),
      total_(proxy.loop_.wheel(), downstream.waiter()),
      upstream_head_(proxy.loop_.blocks()) {
  proxy_.shard_.requests_inflight.add();
  record_.started = std::chrono::system_clock::now();
  record_.method = head_.method;
  record_.client = downstream.peer();
}

Exchange::~Exchange() { proxy_.shard_.requests_inflight.sub(); }

net::Task<> Exchange::run() {
  auto const admitted = co_await admit();
  if (!admitted) {
    fail(admitted.error());
  } else if (target_ != nullptr) {  // else it is answered already
    co_await forward();
  }
  attempt_.reset();
  place_.reset();
  // The record tells how the answer ended, so its last byte is waited for.
  while (!downstream_.flush() && !downstream_.gone()) co_await downstream_.waiter().wait();
  finish_record();
}

net::Task<> Exchange::forward() {
  total_.arm(downstream_.started() + target_->timeouts.total);
  start_attempt();
  for (int rounds = 1;; ++rounds) {
    if (auto const gone = downstream_.gone()) {
      cancel(*gone);
      co_return;
    }
    if (total_.expired()) {
      fail({ErrorCode::total_timeout, Side::upstream, Retry::never, "the request took longer than timeouts.total"});
      co_return;
    }
    // A slow client slows its own backend: nothing is read for it while it does not take what there is.
    if (downstream_.flush() || !answering_) {
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
    }
    rounds = 0;
    co_await downstream_.waiter().wait();
  }
}

void Exchange::start_attempt() {
  place_.emplace(proxy_.upstream_, target_->backend, downstream_.waiter());
  static_cast<void>(place_->take({}));
  attempt_.emplace(proxy_.upstream_, *place_, target_->timeouts, downstream_.waiter());
  ++record_.attempts;
  auto const framing = decision_.upstream_framing(body_read_ ? std::optional(body_.bytes()) : std::nullopt);
  write_upstream_head(upstream_head_, {.client = head_,
                                       .endpoint = attempt_->endpoint(),
                                       .backend = proxy_.snapshot_.backends[target_->backend],
                                       .withheld = caller_.withheld(),
                                       .path = decision_.upstream_path(),
                                       .query = decision_.upstream_query(),
                                       .has_query = decision_.has_upstream_query(),
                                       .peer = downstream_.peer(),
                                       .secure = downstream_.secure(),
                                       .request_id = request_id_,
                                       .framing = framing});
  stream_api_ = http::stream_api(decision_.upstream_path());
  attempt_->start({.head = upstream_head_.view(),
                   .body = body_.pieces(),
                   .body_follows = !body_read_ && head_.framing != http::BodyFraming::none,
                   .body_chunked = framing.chunked,
                   .body_small = !framing.chunked && head_.content_length <= upstream::Attempt::kReplayBytes,
                   .head_only = head_.method == "HEAD",
                   .websocket = decision_.websocket() ? &head_ : nullptr});
}

/// One round of whatever can go on. False: wait, or (the answer is finished) stop.
Result<bool> Exchange::step() {
  using Step = upstream::Attempt::Step;
  if (answering_) return relay();
  auto const advanced = attempt_->advance();
  if (!advanced) return std::unexpected(advanced.error());
  switch (*advanced) {
    case Step::blocked: return false;
    case Step::sendable: return pump_body();
    case Step::interim:
      if (attempt_->head().status != 100) {
        downstream_.send_interim({.status = attempt_->head().status,
                                  .reason = attempt_->head().reason,
                                  .fields = attempt_->head().fields,
                                  .more = {},
                                  .body = false});
      }
      return true;
    case Step::head: return begin_answer();
    case Step::switched: begin_tunnel(); return true;
  }
  return false;
}

/// A piece of the request's body on its way up.
Result<bool> Exchange::pump_body() {
  auto const read = downstream_.read_body(proxy_.loop_.scratch());
  if (!read) return std::unexpected(read.error());
  if (read->what == server::BodyRead::What::blocked) return false;
  attempt_->send_body(read->data, downstream_.body_done());
  return true;
}

void Exchange::cancel(ErrorCode why) {
  if (why == ErrorCode::draining) return fail(gateway_ends());  // the client is still there to be told
  record_.error_set = true;
  record_.error = why;
  attempt_.reset();  // closes the connection upstream at once
  if (!downstream_.finished()) {
    record_.truncated = downstream_.head_sent();
    if (downstream_.head_sent()) downstream_.abort();
  }
}

}  // namespace inferway::proxy
