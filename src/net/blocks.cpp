#include "inferway/net/blocks.hpp"

#include "inferway/base/assert.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>

namespace inferway::net {

Block& Block::operator=(Block&& other) noexcept {
  if (this != &other) {
    reset();
    pool_ = std::exchange(other.pool_, nullptr);
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

void Block::reset() {
  if (data_ != nullptr) pool_->give_back(data_, size_);
  data_ = nullptr;
  size_ = 0;
}

BlockPool::Memory BlockPool::lend(std::size_t bytes) {
  if (bytes <= kSmall) return {small_.take(), kSmall};
  if (bytes <= kLarge) return {large_.take(), kLarge};
  return {static_cast<char*>(::operator new(bytes)), bytes};
}

Block BlockPool::take(std::size_t bytes) {
  auto const memory = lend(bytes);
  return {this, memory.data, memory.size};
}

void BlockPool::give_back(char* data, std::size_t size) {
  if (size == kSmall) {
    small_.give_back(data);
  } else if (size == kLarge) {
    large_.give_back(data);
  } else {
    ::operator delete(data);
  }
}

std::span<char> Buffer::room(std::size_t bytes) {
  if (capacity_ - end_ >= bytes) return spare();
  if (data_ == nullptr && bytes <= BlockPool::kSmall) {  // as nearly always
    auto const memory = pool_.lend(bytes);
    data_ = memory.data;
    capacity_ = static_cast<std::uint32_t>(memory.size);
    return spare();
  }
  auto const content = view();
  auto const kept = content.size();
  if (data_ != nullptr && capacity_ >= kept + bytes) {
    std::memmove(data_, content.data(), kept);
  } else {
    auto const wanted = std::max(kept + bytes, std::size_t{capacity_} * 2);
    INFERWAY_ASSERT(wanted <= std::numeric_limits<std::uint32_t>::max());
    auto const bigger = pool_.lend(wanted);
    if (kept > 0) std::memcpy(bigger.data, content.data(), kept);
    release();
    data_ = bigger.data;
    capacity_ = static_cast<std::uint32_t>(bigger.size);
  }
  begin_ = 0;
  end_ = static_cast<std::uint32_t>(kept);
  return spare();
}

}  // namespace inferway::net
