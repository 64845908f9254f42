#pragma once

#include "inferway/upstream/upstream.hpp"

#include <cstddef>
#include <cstdint>
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
  Place(Upstream& upstream, std::size_t backend, net::Waiter& waiter)
      : upstream_(upstream), waiter_(waiter), backend_(backend) {}
  Place(Place const&) = delete;
  Place& operator=(Place const&) = delete;
  ~Place();

  /// Never blocks. `avoid`: endpoints that are taken only when no other can be.
  [[nodiscard]] Choice take(std::span<std::size_t const> avoid);
  [[nodiscard]] bool taken() const { return endpoint_ != kNone; }

  [[nodiscard]] std::size_t backend() const { return backend_; }
  [[nodiscard]] std::size_t endpoint() const { return endpoint_; }  ///< once taken
  /// When all rest: when the first of them may be asked again.
  [[nodiscard]] TimePoint due() const { return due_; }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  Upstream& upstream_;
  [[maybe_unused]] net::Waiter& waiter_;
  std::size_t backend_;
  std::size_t endpoint_ = kNone;
  TimePoint due_ = TimePoint::max();
};

}  // namespace inferway::upstream
