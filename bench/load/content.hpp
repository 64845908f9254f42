#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

/// A body whose every byte is known: a block, repeated. A block may have a hole, the digits of a model's name, that
/// differs from request to request and is not compared.
class Content {
 public:
  /// The placeholder for the digits of a model's name in a block.
  static constexpr std::string_view kHole = "%%%%%%";

  Content() = default;
  Content(std::string block, std::uint64_t repeats);

  std::uint64_t size() const { return block_.size() * repeats_; }

  /// What stands at an offset, up to the end of its block.
  std::string_view from(std::uint64_t offset) const;

  /// Whether these bytes are what stands at the offset.
  bool is(std::uint64_t offset, std::string_view bytes) const;

  /// The block with a number in its hole.
  std::string with(std::uint64_t number) const;

 private:
  bool same(std::size_t at, std::string_view bytes) const;

  std::string block_;
  std::uint64_t repeats_ = 0;
  std::size_t hole_ = std::string::npos;
};

}  // namespace bench
