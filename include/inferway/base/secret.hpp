#pragma once

#include "inferway/base/secret_memory.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace inferway {

/// A key or token. It cannot be printed or formatted; it is zeroed when freed, and no core dump has it (also where it
/// is short: it never lies in the object itself). Comparison takes the same time for all values of one length.
class Secret {
 public:
  Secret() = default;
  /// The text that it is made of is zeroed.
  explicit Secret(std::string value);
  Secret(Secret const&) = default;
  /// By way of a copy: in place, a shorter value would leave the rest of the longer one behind it.
  Secret& operator=(Secret const& other) { return *this = Secret(other); }
  Secret(Secret&&) noexcept = default;
  Secret& operator=(Secret&&) noexcept = default;
  ~Secret() = default;

  [[nodiscard]] bool empty() const { return value_.empty(); }
  /// The value, to be written to a wire and nowhere else.
  [[nodiscard]] std::string_view reveal() const { return {value_.data(), value_.size()}; }
  [[nodiscard]] bool equals(std::string_view other) const;

 private:
  std::vector<char, SecretAllocator<char>> value_;
};

}  // namespace inferway
