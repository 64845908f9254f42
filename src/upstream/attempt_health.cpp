// What an attempt tells the health of its endpoint: one thing at most. An answer goes well when it has come to its end,
// not with its head: one that is cut behind it each time must not look well in between. A client that left, and a try
// that was given up, tell nothing.

#include "inferway/http/retry_after.hpp"
#include "inferway/upstream/attempt.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace inferway::upstream {

void Attempt::report_status() {
  auto const status = head_.status;
  auto& backend = upstream_.directory_[backend_];
  if (std::ranges::find(backend.config.cooldown.on, status) != backend.config.cooldown.on.end()) {
    if (std::exchange(reported_, true)) return;
    report_refusal(backend, endpoint_index_, status, http::retry_after(head_, std::chrono::system_clock::now()),
                   upstream_.loop_.now());
  } else if (status >= 500) {
    report_bad(config::RetryOn::status_5xx);
  } else if (status == 429) {
    reported_ = true;  // neither well nor badly
  }
}

void Attempt::report_good() {
  if (!std::exchange(reported_, true)) report_success(endpoint_, upstream_.loop_.now());
}

void Attempt::report_bad(config::RetryOn cause) {
  if (std::exchange(reported_, true)) return;
  // An error inside the answer may well be the request's own: too long a prompt, a refusal of its content.
  if (cause == config::RetryOn::in_band_error || cause == config::RetryOn::status_429) return;
  report_failure(upstream_.directory_[backend_], endpoint_index_, cause, upstream_.loop_.now());
}

void Attempt::report_bad(Error const& error) {
  using enum config::RetryOn;
  if (error.side != Side::upstream) return;
  // A server may close a connection that it has kept, just as the next request is on its way.
  if (reused_ && error.retry == Retry::if_reused) return;
  switch (error.code) {
    case ErrorCode::connect_timeout:
    case ErrorCode::first_byte_timeout: return report_bad(timeout);
    case ErrorCode::idle_timeout: return report_bad(stall);
    case ErrorCode::upstream_closed: return report_bad(state_ == State::body ? cut : connect);
    case ErrorCode::bad_response: return report_bad(state_ == State::body ? bad_stream : connect);
    default: return report_bad(connect);
  }
}

}  // namespace inferway::upstream
