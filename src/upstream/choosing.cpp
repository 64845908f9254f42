// Which endpoint a request is given to.

#include "connection.hpp"
#include "inferway/upstream/upstream.hpp"

namespace inferway::upstream {

/// One relaxed load tells that all is in order, and then there is nothing more to look at.
balance::Candidates Upstream::candidates(std::size_t backend, std::span<std::size_t const> avoid) const {
  auto& state = directory_[backend];
  auto& pool = *pools_[backend];
  if (!state.state->health.troubled.load(std::memory_order_relaxed)) return balance::admit_all(avoid, pool.loads);
  for (std::size_t i = 0; i < state.endpoints.size(); ++i) pool.schedules[i] = state.endpoints[i]->status.schedule();
  return balance::admit(pool.schedules, avoid, loop_.now(), pool.loads);
}

std::size_t Upstream::choose(std::size_t backend) {
  auto& state = directory_[backend];
  auto& pool = *pools_[backend];
  if (state.endpoints.size() == 1) return 0;
  if (state.config.balance == config::Balance::round_robin) return pool.turns.next(pool.loads);
  for (std::size_t i = 0; i < state.endpoints.size(); ++i) {
    pool.loads[i].inflight = state.endpoints[i]->inflight.load(std::memory_order_relaxed);
    pool.memories[i] = state.endpoints[i]->memory.load(std::memory_order_relaxed);
  }
  if (state.config.balance == config::Balance::ewma) {
    return balance::ewma(pool.loads, pool.memories, loop_.now(), random_);
  }
  return balance::least_requests(pool.loads, random_);
}

}  // namespace inferway::upstream
