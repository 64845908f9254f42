#include "inferway/policy/overload.hpp"

#include <algorithm>
#include <utility>

namespace inferway::policy {

namespace {

double between(double value, double calm, double full) { return std::clamp((value - calm) / (full - calm), 0.0, 1.0); }

std::vector<std::int64_t> priorities_of(std::vector<config::Route> const& routes) {
  std::vector<std::int64_t> priorities;
  priorities.reserve(routes.size());
  for (auto const& route : routes) priorities.push_back(route.priority);
  return priorities;
}

}  // namespace

double overload_level(Pressure const& pressure) {
  using Milliseconds = std::chrono::duration<double, std::milli>;
  return std::max(
      {between(pressure.connections, kCalmShare, 1), between(pressure.buffered, kCalmShare, 1),
       between(Milliseconds(pressure.lag).count(), Milliseconds(kCalmLag).count(), Milliseconds(kFullLag).count())});
}

Shedding::Shedding(std::vector<config::Route> const& routes) : Shedding(priorities_of(routes)) {}

Shedding::Shedding(std::vector<std::int64_t> priorities) : priorities_(std::move(priorities)) {
  std::ranges::sort(priorities_);
  auto const repeated = std::ranges::unique(priorities_);
  priorities_.erase(repeated.begin(), repeated.end());
}

void Shedding::update(double level) {
  if (!possible()) return;
  auto const steps = level * static_cast<double>(priorities_.size());
  while (refused_ + 1 < priorities_.size() && steps >= static_cast<double>(refused_ + 1)) ++refused_;
  while (refused_ > 0 && steps < static_cast<double>(refused_) - 0.5) --refused_;
  least_ = refused_ == 0 ? std::numeric_limits<std::int64_t>::min() : priorities_[refused_];
}

}  // namespace inferway::policy
