#pragma once

#include "inferway/base/clock.hpp"

#include <array>
#include <cstdint>

namespace inferway::net {

/// Whoever is told that a stream or a deadline may have changed. Called during dispatch: it notes and queues, it does
/// not act.
class Watcher {
 public:
  virtual void notify() = 0;

 protected:
  ~Watcher() = default;
};

class Deadline;

/// A worker's timers: a hashed wheel of intrusive lists. Arming and re-arming is a store as long as the new time is
/// not before the slot the deadline already lies in; the wheel moves it on when it comes round.
class Wheel {
 public:
  static constexpr Duration kTick = std::chrono::milliseconds(5);
  static constexpr std::size_t kSlots = 2048;

  explicit Wheel(TimePoint start) : origin_(start) {}
  Wheel(Wheel const&) = delete;
  Wheel& operator=(Wheel const&) = delete;

  /// Expires what is due at `now`. Ticks that have passed unseen are all visited.
  void advance(TimePoint now);
  /// How long the loop may sleep, in milliseconds; -1 when no deadline lies in the wheel.
  [[nodiscard]] int sleep_ms(TimePoint now) const;

 private:
  friend class Deadline;
  /// When it is to be looked at: rounded up, never early, and within a turn of the wheel.
  [[nodiscard]] std::uint64_t tick_of(TimePoint time) const;
  void link(Deadline& deadline, std::uint64_t tick);
  void unlink(Deadline& deadline);
  void visit(std::size_t slot, TimePoint now);

  TimePoint origin_;
  std::uint64_t current_ = 0;
  std::array<Deadline*, kSlots> slots_{};
  std::array<std::uint64_t, kSlots / 64> occupied_{};
};

/// A moment after which waiting has no more sense. It stays expired until it is armed anew; whoever waits asks
/// expired() before each try. Loop thread only; at most one tick (5 ms) late.
class Deadline {
 public:
  Deadline(Wheel& wheel, Watcher& watcher) : wheel_(wheel), watcher_(watcher) {}
  Deadline(Deadline const&) = delete;
  Deadline& operator=(Deadline const&) = delete;
  ~Deadline() { unlink(); }

  void arm(TimePoint at);
  void disarm() {
    at_ = TimePoint::max();
    expired_ = false;
  }
  [[nodiscard]] bool expired() const { return expired_; }
  [[nodiscard]] bool armed() const { return at_ != TimePoint::max(); }
  [[nodiscard]] TimePoint at() const { return at_; }

 private:
  friend class Wheel;
  void unlink();

  Wheel& wheel_;
  Watcher& watcher_;
  TimePoint at_ = TimePoint::max();
  Deadline* next_ = nullptr;
  Deadline* previous_ = nullptr;
  std::uint32_t tick_ = 0;  ///< of the slot it lies in; the lower bits of it, since no slot is further off than a turn
  bool linked_ = false;
  bool expired_ = false;
};

}  // namespace inferway::net
