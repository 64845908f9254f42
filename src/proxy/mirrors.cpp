// Copies of requests to another backend.

#include "inferway/proxy/mirrors.hpp"

#include "exchange.hpp"
#include "inferway/telemetry/log.hpp"
#include "mirror_copy.hpp"

namespace inferway::proxy {

Mirrors::Mirrors(net::Loop& loop)
    : tasks_(loop,
             [](std::exception_ptr const&) { telemetry::log_error("a mirrored request ended by an exception"); }) {}

Mirrors::~Mirrors() = default;

void Mirrors::send(std::unique_ptr<MirrorCopy> copy) { tasks_.spawn(run(std::move(copy))); }

void Mirrors::end() {
  ending_ = true;
  for (auto* copy : copies_) copy->end();
}

net::Task<> Mirrors::run(std::unique_ptr<MirrorCopy> copy) {
  auto const place = copies_.insert(copies_.end(), copy.get());
  while (copy->advance()) {
    if (copy->more()) copy->waiter().notify();  // goes on as soon as the others have gone on
    co_await copy->waiter().wait();
  }
  copies_.erase(place);
}

bool MirrorCopy::advance() {
  using Step = upstream::Attempt::Step;
  if (ended_ || total_.expired()) return false;
  if (!has_head_) {
    auto const step = attempt_->advance();
    if (!step || *step == Step::switched) return false;
    has_head_ = *step == Step::head;
    more_ = *step == Step::interim;
    if (!has_head_) return true;
    // What came with the head is lost at the next await.
  }
  auto const received = attempt_->receive();
  more_ = received && !received->blocked;
  return received && !received->end;
}

/// Where the route wants a copy of this request, it goes its own way from here on. Under pressure it does not go at
/// all.
void Exchange::mirror() {
  auto const& rule = proxy_.snapshot_.config.routes[record_.route].mirror;
  bool const whole = request_->body_read || head_.framing == http::BodyFraming::none;
  if (!rule || !whole || request_->decision.websocket() || proxy_.upstream_.random().below(100) >= rule->percent)
    return;
  auto const& target = *proxy_.snapshot_.plans[record_.route].mirror;
  auto& counters = proxy_.upstream_.counters(target.backend);
  auto const& limits = proxy_.snapshot_.config.limits;
  bool const pressed = policy::overload_level(proxy_.load_.pressure(limits)) > 0 ||
                       proxy_.buffered_.held.load(std::memory_order_relaxed) > limits.buffered_bytes / 2;
  if (pressed || proxy_.mirrors_.full()) return counters.mirror_dropped.add();
  std::string body;
  body.reserve(request_->body.original_bytes());
  for (auto const piece : request_->body.original()) body.append(piece);
  auto copy =
      std::make_unique<MirrorCopy>(proxy_, proxy_.loop_, proxy_.upstream_, proxy_.buffered_, target, std::move(body));
  if (!copy->place(proxy_.upstream_)) return counters.mirror_dropped.add();
  static_cast<void>(request_->decision.settle(target));
  write_upstream_head(copy->head(), upstream_head(target, copy->endpoint(), request_->body.original_bytes()));
  copy->start(head_.method == "HEAD");
  counters.mirrored.add();
  proxy_.mirrors_.send(std::move(copy));
}

}  // namespace inferway::proxy
