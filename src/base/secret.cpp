#include "inferway/base/secret.hpp"

#include <cstring>

namespace inferway {

Secret& Secret::operator=(Secret const& other) {
  if (this != &other) {
    wipe();
    value_ = other.value_;
  }
  return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    value_ = std::move(other.value_);
    other.wipe();
  }
  return *this;
}

bool Secret::equals(std::string_view other) const {
  if (other.size() != value_.size()) return false;
  unsigned char difference = 0;
  for (std::size_t i = 0; i < other.size(); ++i) {
    difference = static_cast<unsigned char>(difference | (other[i] ^ value_[i]));
  }
  return difference == 0;
}

void Secret::wipe() noexcept {
  // The whole capacity: a moved-from or shrunk string may keep old bytes behind its end. explicit_bzero is not
  // optimised away.
  explicit_bzero(value_.data(), value_.capacity());
  value_.clear();
}

}  // namespace inferway
