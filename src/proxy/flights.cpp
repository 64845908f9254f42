// Tries, one after the other or two at a time, until one has an answer for the client.

#include "exchange.hpp"

#include <algorithm>
#include <utility>

namespace inferway::proxy {

namespace {

/// A body that is so small with its head is put behind it: one piece costs less to send than two.
constexpr std::size_t kTogether = 4096;

}  // namespace

/// The first hop from `from` on that can be asked now; when none can, the one whose endpoints rest the shortest.
std::size_t Exchange::hop_to_ask(std::size_t from) {
  if (hops_.size() == 1) return from;
  auto soonest = TimePoint::max();
  auto best = from;
  for (auto hop = from; hop < hops_.size(); ++hop) {
    auto const outlook = proxy_.upstream_.outlook(hops_[hop].backend, {});
    if (outlook.open) return hop;
    if (outlook.soonest < soonest) best = hop;
    soonest = std::min(soonest, outlook.soonest);
  }
  return best;
}

/// From here on the request is this hop's.
void Exchange::enter_hop(std::size_t hop) {
  while (failover_->hop() < hop) failover_->fell_back();
  request_->avoid.clear();
}

/// Its model and path go upstream, too.
void Exchange::move_to_hop(std::size_t hop) {
  enter_hop(hop);
  request_->body.unsplice();
  record_.backend = static_cast<std::uint32_t>(target().backend);
  if (auto const splice = request_->decision.settle(target()))
    request_->body.splice(splice->offset, splice->length, splice->value);
  proxy_.upstream_.count_request(target().backend);
  launch();
}

bool Exchange::holds_back() const {
  // A deadline for the content is of use only while there is something to be done about it.
  bool const content_is_due = target().timeouts.first_content || target().min_tokens_per_second > 0;
  bool const races = proxy_.snapshot_.config.routes[record_.route].hedge.has_value();
  return failover_->holds_back() || content_is_due || races;
}

/// What a stream would be made of.
http::StreamApi Exchange::expected_api() const { return http::stream_api(request_->decision.upstream_path()); }

void Exchange::launch() {
  request_->next_try.disarm();
  failover_->tried();
  request_->replay_due = !request_->replay.empty();
  first_.emplace(request_->setting, target(), expected_api(), holds_back() || resuming_);
  arm_hedge();
}

/// As settled for that target. `whole_bytes`: of a body that was read whole.
UpstreamHead Exchange::upstream_head(TargetPlan const& target, config::Endpoint const& endpoint,
                                     std::uint64_t whole_bytes) const {
  return {
      .client = head_,
      .endpoint = endpoint,
      .backend = proxy_.snapshot_.backends[target.backend],
      .withheld = request_->caller.withheld(),
      .path = request_->decision.upstream_path(),
      .query = request_->decision.upstream_query(),
      .has_query = request_->decision.has_upstream_query(),
      .peer = downstream_.peer(),
      .secure = downstream_.secure(),
      .request_id = request_id_,
      .framing = request_->decision.upstream_framing(request_->body_read ? std::optional(whole_bytes) : std::nullopt)};
}

upstream::Request Exchange::compose(Flight& flight, net::Buffer& head) {
  ++record_.attempts;
  auto const pieces = resuming_ ? std::span(&request_->continuation, 1) : request_->body.pieces();
  auto const bytes = resuming_ ? request_->continuation.size() : request_->body.bytes();
  auto const described = upstream_head(flight.target(), flight.attempt().endpoint(), bytes);
  write_upstream_head(head, described);
  bool const together = head.size() + bytes <= kTogether;
  for (auto const piece : together ? pieces : std::span<std::string_view const>()) head.append(piece);
  return {.head = head.view(),
          .body = together ? std::span<std::string_view const>() : pieces,
          .body_follows = !request_->body_read && head_.framing != http::BodyFraming::none,
          .body_chunked = described.framing.chunked,
          .body_small = !described.framing.chunked && head_.content_length <= upstream::Attempt::kReplayBytes,
          .head_only = head_.method == "HEAD",
          .websocket = request_->decision.websocket() ? &head_ : nullptr};
}

/// One round of all tries under way. True: there may be more at once.
Result<bool> Exchange::seek() {
  bool more = false;
  if (first_) {
    auto const moved = advance(*first_);
    if (!moved) return moved;
    more = *moved;
  }
  if (answering_ == nullptr && !tunnelled_ && second_ != nullptr) {
    auto const moved = advance(*second_);
    if (!moved) return moved;
    more = more || *moved;
  }
  if (answering_ != nullptr || tunnelled_) return more;
  if (request_->next_try.expired()) {
    launch();
    return true;
  }
  if (request_->hedge.expired() && hedge()) return true;
  return more;
}

Result<bool> Exchange::advance(Flight& flight) {
  switch (flight.advance()) {
    case Flight::Step::blocked:
      if (flight.holding() && !heartbeat_.armed()) arm_heartbeat();
      return false;
    case Flight::Step::again: return true;
    case Flight::Step::sendable: return pump_body(flight);
    case Flight::Step::interim: pass_interim(flight); return true;
    case Flight::Step::answer: return resuming_ ? go_on(flight) : begin_answer(flight);
    case Flight::Step::switched: begin_tunnel(flight); return true;
    case Flight::Step::failed: return failed(flight);
  }
  return false;
}

void Exchange::pass_interim(Flight& flight) {
  auto const& head = flight.attempt().head();
  if (head.status == 100 || !head_due_) return;
  downstream_.send_interim(
      {.status = head.status, .reason = head.reason, .fields = head.fields, .more = {}, .body = false});
}

/// What follows is decided before the failed try is gone: its answer may be the client's after all.
Result<bool> Exchange::failed(Flight& flight) {
  if (resuming_) return broke(flight.error());
  note_failure(flight, flight.error());
  if (flight.place().taken()) request_->avoid.push_back(flight.place().endpoint());
  if (second_ != nullptr && first_) {  // the other one may still have an answer
    drop(flight);
    return true;
  }
  auto const next = what_next(flight);
  if (next.what == Failover::What::give_up) return give_up(flight);
  auto& counters = proxy_.upstream_.counters(flight.target().backend);
  if (flight.failure().cause) counters.retried[static_cast<std::size_t>(*flight.failure().cause)].add();
  drop(flight);
  request_->hedge.disarm();
  if (next.what == Failover::What::fall_back) {
    move_to_hop(hop_to_ask(failover_->hop() + 1));
    proxy_.upstream_.counters(target().backend).fallbacks.add();
  } else if (next.at <= proxy_.loop_.now()) {
    launch();
  } else {
    request_->next_try.arm(next.at);
  }
  return true;
}

Failover::Next Exchange::what_next(Flight const& flight) {
  if (flight.unplaced()) {
    request_->soonest = std::min(request_->soonest, flight.place().due());
    return failover_->unplaced();
  }
  auto& upstream = proxy_.upstream_;
  auto const backend = flight.target().backend;
  auto const now = proxy_.loop_.now();
  auto const outlook = upstream.outlook(backend, request_->avoid);
  bool const last = failover_->hop() + 1 >= hops_.size();
  auto const& queue = proxy_.snapshot_.config.backends[backend].queue;
  // All rest: where there is no other backend to turn to, the first of them is waited for if that takes not too long.
  bool const worth_waiting = last && !outlook.open && outlook.soonest - now <= Duration(queue.timeout);
  if (!outlook.open) request_->soonest = std::min(request_->soonest, outlook.soonest);
  auto const next = failover_->failed(flight.failure(), {.open = outlook.open || worth_waiting, .other = outlook.other},
                                      now, jitter());
  auto const percent = proxy_.snapshot_.config.routes[record_.route].retry.budget_percent;
  if (next.what == Failover::What::retry) {
    return upstream.allow_retry(backend, percent) ? next : if_there_is_one(failover_->refused_by_budget(), flight);
  }
  return if_there_is_one(next, flight);
}

/// No fallback that nobody may ask, nor wait for, takes the place of what the backend itself answered.
Failover::Next Exchange::if_there_is_one(Failover::Next next, Flight const& flight) {
  if (next.what != Failover::What::fall_back || !flight.refused()) return next;
  auto const backend = hops_[hop_to_ask(failover_->hop() + 1)].backend;
  auto const outlook = proxy_.upstream_.outlook(backend, {});
  auto const& queue = proxy_.snapshot_.config.backends[backend].queue;
  if (outlook.open || outlook.soonest - proxy_.loop_.now() <= Duration(queue.timeout)) return next;
  if (request_->soonest != TimePoint::max()) request_->soonest = std::min(request_->soonest, outlook.soonest);
  return {};
}

/// The last word on the request: the backend's own answer where it gave one.
Result<bool> Exchange::give_up(Flight& flight) {
  if (flight.refused() && (head_due_ || !downstream_.head_sent())) return begin_answer(flight);
  said_ = flight.said() ? std::make_unique<dialect::StreamError>(*flight.said()) : nullptr;
  if (flight.unplaced() == upstream::Choice::resting) request_->refused_with = flight.place().refused_with();
  return std::unexpected(flight.error());
}

double Exchange::jitter() {
  constexpr auto kOne = std::uint64_t{1} << 53U;
  return static_cast<double>(proxy_.upstream_.random().below(kOne)) / static_cast<double>(kOne);
}

void Exchange::drop_all() {
  answering_ = nullptr;
  second_.reset();
  first_.reset();
}

void Exchange::drop(Flight& flight) {
  if (flight.started()) flight.attempt().give_up();
  if (&flight == second_.get()) {
    second_.reset();
  } else {
    first_.reset();
  }
}

void Exchange::arm_hedge() {
  auto const& rule = proxy_.snapshot_.config.routes[record_.route].hedge;
  if (!rule || request_->hedged || resuming_ || request_->decision.websocket()) return;
  auto after = std::optional<Duration>(rule->after);
  if (rule->percentile > 0) after = proxy_.upstream_.latency(target().backend, rule->percentile);
  if (after) request_->hedge.arm(proxy_.loop_.now() + *after);
}

/// The first try is slow: another endpoint is asked, too. False: that cannot be.
bool Exchange::hedge() {
  request_->hedge.disarm();
  if (!first_ || !request_->resendable) return false;
  // It takes a request that was sent once: one that waits for a place, or for its client, is not slow upstream.
  bool const sent = request_->body_read || head_.framing == http::BodyFraming::none ||
                    (downstream_.body_done() && !request_->replay_due);
  if (!first_->place().taken() || !sent) {
    arm_hedge();
    return false;
  }
  auto& upstream = proxy_.upstream_;
  auto const backend = target().backend;
  request_->avoid.push_back(first_->place().endpoint());
  auto const percent = proxy_.snapshot_.config.routes[record_.route].retry.budget_percent;
  if (!upstream.outlook(backend, request_->avoid).open || !upstream.allow_retry(backend, percent)) return false;
  request_->hedged = true;
  proxy_.upstream_.counters(backend).hedges.add();
  request_->replay_due = !request_->replay.empty();
  second_ = std::make_unique<Flight>(request_->setting, target(), expected_api(), true);
  return true;
}

/// "backend endpoint cause", for the access log.
void Exchange::note_failure(Flight const& flight, Error const& error) {
  auto const& config = proxy_.snapshot_.config.backends[flight.target().backend];
  failures_.append(failures_.empty() ? "" : "; ").append(config.name).append(" ");
  if (flight.place().taken()) failures_.append(config.endpoints[flight.place().endpoint()].authority).append(" ");
  if (flight.refused()) {
    failures_.append(error.detail);
  } else {
    failures_.append(flight.blamed() ? config::name(*flight.failure().cause) : name(error.code));
  }
}

}  // namespace inferway::proxy
