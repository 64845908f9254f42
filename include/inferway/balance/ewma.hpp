#pragma once

#include "inferway/balance/least_requests.hpp"
#include "inferway/base/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace inferway::balance {

/// How one attempt on an endpoint went.
enum class Outcome : std::uint8_t {
  answered,   ///< the answer's head came, and is no failure
  failed,     ///< no answer, or one that says "not me": 5xx, 429
  abandoned,  ///< given up by the client before the head
};

/// What is remembered of an endpoint: the mean time to an answer's head, the failures in a row since the last answer,
/// and when it was last heard of. 64 bits, so that all workers share it in one atomic without a lock:
/// bits 0-31 the mean in seconds (a float; 0: none yet), 32-35 the failures (at most 8), 36-63 the time in ms, which
/// comes round after 74 hours: an endpoint that nobody asked for that long may be thought known for a minute.
using Memory = std::uint64_t;
inline constexpr Memory kNothing = 0;

/// The mean's half-life: a sample that follows the one before it by that long counts as much as all before it. The time
/// between them decides, not their number, so a busy endpoint's mean is not older or younger than a quiet one's; of
/// several in one millisecond the first counts.
inline constexpr Duration kHalfLife = std::chrono::seconds(10);
/// Not heard of for that long: all is forgotten, and it is asked again as if it were new.
inline constexpr Duration kForgotten = std::chrono::seconds(60);

/// `memory` with one more attempt in it that took `took`, at `now`.
/// - answered: `took` goes into the mean, and the failures are over.
/// - failed: one more failure. A refusal is quick, so its time says nothing good; but one that took longer than the
/// mean
///   (a timeout) raises it.
/// - abandoned: a lower bound of what it would have taken: counts when it is above the mean.
[[nodiscard]] Memory remember(Memory memory, Outcome outcome, Duration took, TimePoint now);

/// Power of two choices by cost: two different endpoints are drawn in proportion to their weights, and the cheaper one
/// is taken, of equals the one drawn first. The cost is the mean, times one more than the requests in flight per weight
/// (so idle equals are used in proportion to their weights, and loaded ones too). Each failure in a row makes it four
/// times as high, up to 4^8: one failure is a nudge, and one that fails quickly, and so never has much in flight, gets
/// nothing to speak of.
///
/// What is not known is taken to be as good as the best: an endpoint without a mean is reckoned with the lowest mean of
/// the others. So it is tried at once, and gets no more than its share until its first answer is there, for what it has
/// in flight counts. A mean nobody refreshed fades towards that value with the same half-life and is forgotten after
/// kForgotten, failures and all: a slow or failing endpoint is asked again every minute at the latest, and one request
/// then tells.
///
/// One of weight 0 is never taken unless all are 0 (then all count alike), one of share 0 never at all: kNoEndpoint
/// when there is no other. Precondition: `loads` is not empty, `memories` is as long. Allocates nothing; linear.
[[nodiscard]] std::size_t ewma(std::span<Load const> loads, std::span<Memory const> memories, TimePoint now,
                               Random& random);

}  // namespace inferway::balance
