#include "content.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace bench {

Content::Content(std::string block, std::uint64_t repeats)
    : block_(std::move(block)), repeats_(repeats), hole_(block_.find(kHole)) {}

std::string_view Content::from(std::uint64_t offset) const {
  if (offset >= size()) return {};
  return std::string_view(block_).substr(offset % block_.size());
}

bool Content::is(std::uint64_t offset, std::string_view bytes) const {
  if (offset + bytes.size() > size()) return false;
  while (!bytes.empty()) {
    auto const at = offset % block_.size();
    auto const part = bytes.substr(0, std::min(bytes.size(), block_.size() - at));
    if (!same(at, part)) return false;
    bytes.remove_prefix(part.size());
    offset += part.size();
  }
  return true;
}

bool Content::same(std::size_t at, std::string_view bytes) const {
  auto const equal = [this](std::size_t from, std::string_view part) {
    return std::memcmp(block_.data() + from, part.data(), part.size()) == 0;
  };
  auto const end = at + bytes.size();
  if (hole_ == std::string::npos || end <= hole_ || at >= hole_ + kHole.size()) return equal(at, bytes);
  auto const before = hole_ > at ? hole_ - at : 0;
  auto const behind = std::min(bytes.size(), hole_ + kHole.size() - at);
  return equal(at, bytes.substr(0, before)) && equal(at + behind, bytes.substr(behind));
}

std::string Content::with(std::uint64_t number) const {
  std::string filled = block_;
  if (hole_ == std::string::npos) return filled;
  for (auto place = kHole.size(); place-- > 0; number /= 10) {
    filled[hole_ + place] = static_cast<char>('0' + number % 10);
  }
  return filled;
}

}  // namespace bench
