#include "inferway/net/blocks.hpp"

#include <algorithm>
#include <cstring>
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

BlockPool::~BlockPool() {
  for (char* data : small_) ::operator delete(data);
  for (char* data : large_) ::operator delete(data);
}

Block BlockPool::take(std::size_t bytes) {
  std::size_t const size = bytes <= kSmall ? kSmall : std::max(bytes, kLarge);
  auto& stock = size == kSmall ? small_ : large_;
  if (size <= kLarge && !stock.empty()) {
    char* data = stock.back();
    stock.pop_back();
    return {this, data, size};
  }
  return {this, static_cast<char*>(::operator new(size)), size};
}

void BlockPool::give_back(char* data, std::size_t size) {
  if (size == kSmall && small_.size() < kKeepSmall) {
    small_.push_back(data);
  } else if (size == kLarge && large_.size() < kKeepLarge) {
    large_.push_back(data);
  } else {
    ::operator delete(data);
  }
}

std::span<char> Buffer::room(std::size_t bytes) {
  if (block_.size() - end_ >= bytes) return spare();
  auto const content = view();
  if (block_.size() >= content.size() + bytes) {
    std::memmove(block_.data(), content.data(), content.size());
  } else {
    auto bigger = pool_.take(std::max(content.size() + bytes, block_.size() * 2));
    if (!content.empty()) std::memcpy(bigger.data(), content.data(), content.size());
    block_ = std::move(bigger);
  }
  end_ = content.size();
  begin_ = 0;
  return spare();
}

void Buffer::append_growing(std::string_view bytes) {
  std::memcpy(room(bytes.size()).data(), bytes.data(), bytes.size());
  end_ += bytes.size();
}

}  // namespace inferway::net
