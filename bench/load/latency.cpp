#include "latency.hpp"

#include <algorithm>
#include <bit>

namespace bench {

void Latency::add(Nanos duration) {
  auto const value = static_cast<std::uint64_t>(std::max<Nanos>(duration, 0));
  auto const width = static_cast<unsigned>(std::bit_width(value));
  unsigned const shift = width > 7 ? width - 7 : 0;
  ++counts_[shift * kSteps + static_cast<unsigned>(value >> shift)];
  ++total_;
}

double Latency::percentile_us(double percent) const {
  auto wanted = static_cast<double>(total_) * percent / 100;
  for (unsigned i = 0; i < counts_.size(); ++i) {
    wanted -= static_cast<double>(counts_[i]);
    if (wanted > 0 || counts_[i] == 0) continue;
    unsigned const shift = i < 2 * kSteps ? 0 : i / kSteps - 1;
    auto const value = std::uint64_t{i - shift * kSteps} << shift;
    return static_cast<double>(value) / kMicrosecond;
  }
  return 0;
}

}  // namespace bench
