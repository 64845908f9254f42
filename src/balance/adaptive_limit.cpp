#include "inferway/balance/adaptive_limit.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

namespace inferway::balance {

namespace {

constexpr std::array kFactors{1.1, 1.2, 1.4, 2.0};
/// Measurements between two rounds of trials that found nothing better: a trial above the knee costs time, one below
/// it costs throughput.
constexpr std::uint32_t kRest = 12;
/// How much of the growth of the limit may come back as growth of the time: 0 below the knee, 1 above it.
constexpr double kTolerated = 0.5;
/// A trial is decided early when the figure is so many standard errors away from that.
constexpr double kSure = 3;
constexpr double kFewest = 8;
/// A rest ends early when the time moves by that much (in logarithms: a quarter).
constexpr double kMoved = 0.22;

/// How many samples make a measurement at that level: some for each place of the batch.
double measured_by(std::uint32_t level) { return std::clamp(2.0 * level, 32.0, 512.0); }
double decided_by(std::uint32_t level) { return std::clamp(4.0 * level, 64.0, 1024.0); }

}  // namespace

void AdaptiveLimit::Mean::add(double value) {
  ++count;
  sum += value;
  squares += value * value;
}

double AdaptiveLimit::Mean::variance_of_mean() const {
  if (count < 2) return 0;
  auto const mean = sum / count;
  return std::max(0.0, squares / count - mean * mean) / (count - 1);
}

double AdaptiveLimit::standard_error_of_difference() const {
  return std::sqrt(seen_.variance_of_mean() + reference_.variance_of_mean());
}

void AdaptiveLimit::add(Duration took, std::uint32_t inflight, TimePoint now) {
  if (inflight * 10ULL < level_ * 9ULL) return;  // the limit was not reached
  if (now - took < changed_) return;             // it began under another one
  // The first answers after a change are those of the quickest requests; one batch later they are of all kinds.
  if (to_skip_ > 0) {
    --to_skip_;
    return;
  }
  seen_.add(std::log(std::max(std::chrono::duration<double>(took).count(), 1e-6)));
  on_trial_ ? judge(now) : settle(now);
}

void AdaptiveLimit::settle(TimePoint now) {
  if (seen_.count < measured_by(level_)) return;
  bool const moved = reference_.count > 0 && std::abs(seen_.value() - reference_.value()) >
                                                 std::max(kMoved, kSure * standard_error_of_difference());
  reference_ = seen_;
  seen_ = {};
  if (rest_ > 0 && moved) {
    rest_ = 0;
    step_ = std::max(step_, 1U);
  }
  if (rest_ > 0) {
    --rest_;
    return;
  }
  begin_trial(now);
}

std::uint32_t AdaptiveLimit::next() const {
  auto const factor = kFactors[step_];
  if (direction_ == Direction::up) {
    auto const raised = static_cast<std::uint32_t>(settled_ * factor);
    return std::min(std::max(raised, settled_ + 1), kCeiling);
  }
  auto const lowered = static_cast<std::uint32_t>(std::lround(settled_ / factor));
  return std::max(std::min(lowered, settled_ - 1), kFloor);
}

void AdaptiveLimit::begin_trial(TimePoint now) {
  if (settled_ == kFloor) direction_ = Direction::up;
  if (settled_ == kCeiling) direction_ = Direction::down;
  on_trial_ = true;
  change_to(next(), now);
}

void AdaptiveLimit::change_to(std::uint32_t level, TimePoint now) {
  level_ = level;
  changed_ = now;
  to_skip_ = level;
  seen_ = {};
}

void AdaptiveLimit::judge(TimePoint now) {
  if (seen_.count < kFewest) return;
  auto const step = std::log(static_cast<double>(level_)) - std::log(static_cast<double>(settled_));
  auto const growth = (seen_.value() - reference_.value()) / step;
  auto const error = standard_error_of_difference() / std::abs(step);
  bool const sure = std::abs(growth - kTolerated) >= kSure * error;
  if (!sure && seen_.count < decided_by(level_)) return;
  bool const slower_with_more = growth > kTolerated;
  (slower_with_more == (direction_ == Direction::down)) ? accept(now) : reject(now);
}

/// Goes on in the same direction, with larger steps the further it goes.
void AdaptiveLimit::accept(TimePoint now) {
  settled_ = level_;
  reference_ = seen_;
  rejected_ = 0;
  if (++accepted_ % 2 == 0) step_ = std::min<std::uint32_t>(step_ + 1, kFactors.size() - 1);
  begin_trial(now);
}

/// Back, and then the other direction. When neither helped: finer steps, at last a rest.
void AdaptiveLimit::reject(TimePoint now) {
  on_trial_ = false;
  accepted_ = 0;
  ++rejected_;
  bool const no_other = settled_ == kFloor || settled_ == kCeiling;
  direction_ = direction_ == Direction::up ? Direction::down : Direction::up;
  if (rejected_ >= 2 || no_other) {
    rejected_ = 0;
    if (step_ == 0) rest_ = kRest;
    step_ = step_ == 0 ? 0 : step_ - 1;
  }
  change_to(settled_, now);
}

}  // namespace inferway::balance
