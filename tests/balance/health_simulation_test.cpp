// Random schedules of what may happen to the endpoints of one backend, on a clock of the test's own. What is decided is
// compared with a record of what happened that is kept beside it in the simplest way.

#include "inferway/balance/candidates.hpp"
#include "inferway/balance/ewma.hpp"
#include "inferway/balance/random.hpp"
#include "inferway/balance/weighted.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace inferway::balance {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kSeeds = 10'000;
constexpr int kSteps = 400;

/// What the test itself knows of an endpoint.
struct Known {
  AdminState admin = AdminState::enabled;
  TimePoint resting_until = TimePoint::min();
  TimePoint ejected_until = TimePoint::min();
  bool unhealthy = false;
  int failed_checks = 0;
  int passed_checks = 0;

  [[nodiscard]] bool closed(TimePoint now) const { return admin != AdminState::enabled || resting_until > now; }
  [[nodiscard]] bool doubted(TimePoint now) const { return unhealthy || ejected_until > now; }
};

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed)
      : random_(seed),
        size_(1 + random_.below(6)),
        rules_{.consecutive_failures = static_cast<std::uint32_t>(1 + random_.below(6)),
               .eject = milliseconds(100 + random_.below(20'000)),
               .max_ejected_percent = static_cast<std::uint32_t>(random_.below(101)),
               .unhealthy_after = static_cast<std::uint32_t>(1 + random_.below(4)),
               .healthy_after = static_cast<std::uint32_t>(1 + random_.below(3))},
        healths_(size_),
        tallies_(size_, kNoTally),
        known_(size_),
        loads_(size_),
        memories_(size_, kNothing),
        turns_(std::vector<std::uint32_t>(size_, 1)) {}

  void run() {
    for (int i = 0; i < kSteps && !testing::Test::HasFailure(); ++i) {
      now_ += milliseconds(random_.below(1'500));
      step(random_.below(size_));
      check_ejected();
      choose();
    }
  }

 private:
  void step(std::size_t i) {
    switch (random_.below(10)) {
      case 0: return rest(i);
      case 1: return operate(i);
      case 2:
      case 3: return check(i);
      case 4: tallies_[i] = counted(tallies_[i], Ended::well, now_); return;
      default: return fail(i);
    }
  }

  void rest(std::size_t i) {
    auto const until = now_ + milliseconds(random_.below(8'000));
    auto& known = known_[i];
    healths_[i].cool_down(until, now_);
    if (until > now_) known.resting_until = std::max(known.resting_until, until);
  }

  void operate(std::size_t i) {
    auto const state = static_cast<AdminState>(random_.below(3));
    auto& known = known_[i];
    healths_[i].set_admin(state, now_);
    if (state == AdminState::enabled) {
      known.ejected_until = std::min(known.ejected_until, now_);
      if (known.admin == AdminState::disabled) {
        known.unhealthy = false;
        known.failed_checks = known.passed_checks = 0;
      }
    }
    known.admin = state;
  }

  void check(std::size_t i) {
    auto& known = known_[i];
    if (known.admin == AdminState::disabled) return;
    bool const passed = random_.below(2) == 0;
    healths_[i].checked(passed, rules_, now_);
    known.failed_checks = passed ? 0 : known.failed_checks + 1;
    known.passed_checks = passed ? known.passed_checks + 1 : 0;
    if (known.failed_checks >= static_cast<int>(rules_.unhealthy_after)) known.unhealthy = true;
    if (known.passed_checks >= static_cast<int>(rules_.healthy_after)) known.unhealthy = false;
  }

  void fail(std::size_t i) {
    auto& health = healths_[i];
    if (health.is_ejected(now_)) return;
    tallies_[i] = counted(tallies_[i], Ended::badly, now_);
    if (health.judge(tallies_[i], rules_, now_) == EndpointHealth::Verdict::none) return;
    if (ejected() >= most_ejected(size_, rules_.max_ejected_percent)) return;
    auto const until = health.eject(rules_, now_);
    ASSERT_GE(until, now_ + rules_.eject);
    ASSERT_LE(until, now_ + rules_.eject * kMostEjections);
    known_[i].ejected_until = until;
    tallies_[i] = kNoTally;
  }

  [[nodiscard]] std::size_t ejected() const {
    return static_cast<std::size_t>(std::ranges::count_if(healths_, [&](auto const& h) { return h.is_ejected(now_); }));
  }

  void check_ejected() const {
    ASSERT_LE(ejected(), most_ejected(size_, rules_.max_ejected_percent));
    for (std::size_t i = 0; i < size_; ++i) {
      ASSERT_EQ(healths_[i].is_ejected(now_), known_[i].ejected_until > now_) << "it returns when its time is over";
      ASSERT_EQ(healths_[i].is_unhealthy(), known_[i].unhealthy);
    }
  }

  void choose() {
    std::vector<Schedule> schedules;
    for (auto const& health : healths_) schedules.push_back(health.schedule());
    std::vector<std::size_t> avoid;
    for (std::size_t i = 0; i < size_; ++i) {
      if (random_.below(4) == 0) avoid.push_back(i);
    }
    auto const found = admit(schedules, avoid, now_, loads_);
    check_offer(found);
    if (found.offer == Offer::none || found.offer == Offer::resting) return;
    std::size_t const taken[] = {least_requests(loads_, random_), ewma(loads_, memories_, now_, random_),
                                 turns_.next(loads_)};
    for (auto const index : taken) check_taken(index, found, avoid);
  }

  void check_offer(Candidates const& found) const {
    auto const good = [&](Known const& known) { return !known.closed(now_) && !known.doubted(now_); };
    auto const open = [&](Known const& known) { return !known.closed(now_); };
    auto const enabled = [](Known const& known) { return known.admin == AdminState::enabled; };
    auto const want = std::ranges::any_of(known_, good)      ? Offer::healthy
                      : std::ranges::any_of(known_, open)    ? Offer::panic
                      : std::ranges::any_of(known_, enabled) ? Offer::resting
                                                             : Offer::none;
    ASSERT_EQ(found.offer, want);
    if (want != Offer::resting) return;
    auto soonest = TimePoint::max();
    for (auto const& known : known_) {
      if (enabled(known)) soonest = std::min(soonest, known.resting_until);
    }
    ASSERT_EQ(found.due, soonest) << "of two rests the later one counts, of two endpoints the sooner";
  }

  void check_taken(std::size_t index, Candidates const& found, std::vector<std::size_t> const& avoid) const {
    ASSERT_LT(index, size_);
    ASSERT_FALSE(known_[index].closed(now_)) << "never one that rests, is drained or disabled";
    ASSERT_EQ(known_[index].doubted(now_), found.offer == Offer::panic) << "one in doubt only when there is no other";
    ASSERT_FALSE(found.other && std::ranges::find(avoid, index) != avoid.end()) << "there was one not to be avoided";
  }

  Random random_;
  std::size_t size_;
  HealthRules rules_;
  TimePoint now_{seconds(100'000)};
  std::vector<EndpointHealth> healths_;
  std::vector<Tally> tallies_;
  std::vector<Known> known_;
  std::vector<Load> loads_;
  std::vector<Memory> memories_;
  SmoothWeighted turns_;
};

TEST(HealthSimulationTest, holds_whatever_happens) {
  for (std::uint64_t seed = 0; seed < kSeeds && !HasFailure(); ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Simulation(seed).run();
  }
}

}  // namespace
}  // namespace inferway::balance
