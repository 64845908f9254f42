#pragma once

#include <string>
#include <string_view>

namespace inferway {

/// A key or token. It cannot be printed or formatted; it is zeroed when freed. Comparison takes the same time for
/// all values of one length.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(Secret const&) = default;
  Secret& operator=(Secret const& other);
  Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { other.wipe(); }
  Secret& operator=(Secret&& other) noexcept;
  ~Secret() { wipe(); }

  [[nodiscard]] bool empty() const { return value_.empty(); }
  /// The value, to be written to a wire and nowhere else.
  [[nodiscard]] std::string_view reveal() const { return value_; }
  [[nodiscard]] bool equals(std::string_view other) const;

 private:
  void wipe() noexcept;
  std::string value_;
};

}  // namespace inferway
