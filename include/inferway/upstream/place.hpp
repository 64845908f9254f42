#pragma once

#include "inferway/upstream/upstream.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace inferway::upstream {

/// What asking for a place came to.
enum class Choice : std::uint8_t {
  taken,
  waiting,    ///< ask again when the waiter was notified
  resting,    ///< all endpoints that might be taken rest after a 429 or the like, too long to wait for
  none,       ///< all endpoints are drained or disabled
  full,       ///< the queue is
  timed_out,  ///< waited for queue.timeout
};

/// One request's place at an endpoint of a backend: wished for, perhaps waited for, then taken until it is destroyed.
/// Loop thread only.
class Place {
 public:
  Place(Upstream& upstream, std::size_t backend, net::Waiter& waiter);
  Place(Place const&) = delete;
  Place& operator=(Place const&) = delete;
  ~Place();

  /// Never blocks. `avoid`: endpoints that are taken only when no other can be. Where all places are taken, or all
  /// endpoints rest and the first is due within queue.timeout, it waits in the backend's queue from then on: until it
  /// is given one, until queue.timeout, or until it is destroyed.
  [[nodiscard]] Choice take(std::span<std::size_t const> avoid);
  [[nodiscard]] bool taken() const { return endpoint_ != kNone; }
  /// The endpoint is done with the request: who waits may have the place, although this still names it.
  void leave();

  [[nodiscard]] std::size_t backend() const { return backend_; }
  [[nodiscard]] std::size_t endpoint() const { return endpoint_; }  ///< once taken
  /// In flight at that endpoint when it was taken, itself included.
  [[nodiscard]] std::uint32_t inflight() const { return inflight_; }
  /// When all rest: when the first of them may be asked again.
  [[nodiscard]] TimePoint due() const { return due_; }
  /// ... and the status with which the last of them asked for it.
  [[nodiscard]] int refused_with() const;

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  struct Wait;

  [[nodiscard]] bool take_free(Backend const& backend);
  [[nodiscard]] Choice wait(std::span<std::size_t const> avoid, std::size_t bound, Choice refused);
  [[nodiscard]] Choice go_on_waiting();
  [[nodiscard]] Choice give_up(Choice because);
  [[nodiscard]] bool accept();
  void stop_waiting();

  Upstream& upstream_;
  net::Waiter& waiter_;
  std::size_t backend_;
  std::size_t endpoint_ = kNone;
  std::uint32_t inflight_ = 0;
  bool left_ = false;
  TimePoint due_ = TimePoint::max();
  std::unique_ptr<Wait> wait_;  ///< while it waits
};

}  // namespace inferway::upstream
