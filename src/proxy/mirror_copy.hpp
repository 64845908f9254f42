#pragma once

#include "inferway/proxy/proxy.hpp"
#include "inferway/upstream/attempt.hpp"
#include "inferway/upstream/place.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace inferway::proxy {

/// A copy of one request, with all it takes to send it when the request itself is gone.
class MirrorCopy {
 public:
  /// `body` counts as a buffered one as long as this lives.
  MirrorCopy(Proxy& proxy, net::Loop& loop, upstream::Upstream& upstream, BufferedBytes& buffered,
             TargetPlan const& target, std::string body)
      : use_(proxy),
        buffered_(buffered),
        target_(target),
        waiter_(loop),
        total_(loop.wheel(), waiter_),
        head_(loop.blocks()),
        body_(std::move(body)),
        body_piece_(body_),
        place_(upstream, target.backend, waiter_) {
    buffered_.held.fetch_add(body_.size(), std::memory_order_relaxed);
    total_.arm(loop.now() + target.timeouts.total);
  }
  MirrorCopy(MirrorCopy const&) = delete;
  MirrorCopy& operator=(MirrorCopy const&) = delete;
  ~MirrorCopy() { buffered_.held.fetch_sub(body_.size(), std::memory_order_relaxed); }

  /// False: no endpoint is free at once, and a copy does not wait.
  [[nodiscard]] bool place(upstream::Upstream& upstream) {
    if (place_.take({}) != upstream::Choice::taken) return false;
    attempt_.emplace(upstream, place_, target_.timeouts, waiter_);
    return true;
  }
  [[nodiscard]] config::Endpoint const& endpoint() const { return attempt_->endpoint(); }
  [[nodiscard]] net::Buffer& head() { return head_; }
  void start(bool head_only) {
    attempt_->start({.head = head_.view(), .body = {&body_piece_, body_.empty() ? 0U : 1U}, .head_only = head_only});
  }

  [[nodiscard]] net::Waiter& waiter() { return waiter_; }
  /// One round of what can go on. False: it is over.
  [[nodiscard]] bool advance();
  /// There may be more at once.
  [[nodiscard]] bool more() const { return more_; }
  void end() {
    ended_ = true;
    waiter_.notify();
  }

 private:
  Proxy::Use use_;
  BufferedBytes& buffered_;
  TargetPlan const& target_;
  net::Waiter waiter_;
  net::Deadline total_;
  net::Buffer head_;
  std::string body_;
  std::string_view body_piece_;
  upstream::Place place_;
  std::optional<upstream::Attempt> attempt_;
  bool has_head_ = false;
  bool more_ = false;
  bool ended_ = false;
};

}  // namespace inferway::proxy
