#pragma once

#include "inferway/base/clock.hpp"
#include "inferway/config/config.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace inferway::proxy {

/// What became of one try.
struct Failure {
  /// Nothing: of a kind that no further try may mend, such as a request the client broke off.
  std::optional<config::RetryOn> cause;
  /// How long the backend asks to be left alone (Retry-After).
  std::optional<Duration> retry_after{};
};

/// What the backend of the try that failed looks like now.
struct Prospect {
  bool open = true;   ///< it has an endpoint that may be asked now
  bool other = true;  ///< ... and that has not failed this request
};

/// Decides what follows when a try of a request failed: another one at the same backend, the next fallback, or the end.
/// Pure: time and chance come as arguments, and nothing is waited for here. A request has hops (the choice of its
/// route, then its fallbacks in order), and each has 1 + retry.attempts tries. What decides:
/// - a cause that retry.on does not list ends it, as does forbid();
/// - another try at the same hop comes after a random part of backoff * 2^n, at most max_backoff ("full jitter"); where
///   the endpoint that failed is the only one, not before its Retry-After;
/// - a moment behind the deadline of the whole request is never waited for: the next hop is taken at once instead.
class Failover {
 public:
  enum class What : std::uint8_t { retry, fall_back, give_up };
  struct Next {
    What what = What::give_up;
    TimePoint at{};  ///< of a retry
  };

  /// `hops`: at least 1. `deadline`: of the request, over all tries.
  Failover(config::Retry const& retry, std::size_t hops, TimePoint deadline)
      : retry_(retry), hops_(hops), deadline_(deadline) {}

  /// A try at the current hop begins.
  void tried() {
    ++tries_;
    ++total_;
  }
  /// It failed. `jitter`: from 0 up to but without 1. A `retry` is final once the retry budget allows it; if that does
  /// not, refused_by_budget() says what comes instead.
  [[nodiscard]] Next failed(Failure const& failure, Prospect const& prospect, TimePoint now, double jitter) const;
  [[nodiscard]] Next refused_by_budget() const { return next_hop(); }
  /// No endpoint of the hop could be asked at all.
  [[nodiscard]] Next unplaced() const { return next_hop(); }
  /// On to the next hop. Precondition: the last word was fall_back.
  void fell_back() {
    ++hop_;
    tries_ = 0;
  }
  /// No further try: the request cannot be sent again.
  void forbid() { forbidden_ = true; }

  /// Whether a failure may still be mended: while it may, an answer is worth holding back.
  [[nodiscard]] bool may_mend() const {
    return !forbidden_ && !retry_.on.empty() && (tries_ <= retry_.attempts || hop_ + 1 < hops_);
  }
  /// Whether this request's answers are held back at all: also on the last try, so that a client gets a real status
  /// when all have failed.
  [[nodiscard]] bool holds_back() const {
    return !forbidden_ && !retry_.on.empty() && (retry_.attempts > 0 || hops_ > 1);
  }
  [[nodiscard]] std::size_t hop() const { return hop_; }
  [[nodiscard]] std::uint32_t total() const { return total_; }  ///< tries so far

 private:
  [[nodiscard]] Next next_hop() const;
  [[nodiscard]] Duration pause(double jitter) const;

  config::Retry const& retry_;
  std::size_t hops_;
  TimePoint deadline_;
  std::size_t hop_ = 0;
  std::uint32_t tries_ = 0;  ///< at this hop
  std::uint32_t total_ = 0;
  bool forbidden_ = false;
};

}  // namespace inferway::proxy
