#pragma once

#include "inferway/http/field_id.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace inferway::http {

/// A set of field ids, for one look-up where a list of cases would be.
class FieldSet {
 public:
  static constexpr std::size_t kMost = 64;  ///< ids

  constexpr FieldSet() = default;
  constexpr FieldSet(std::initializer_list<FieldId> ids) {
    for (auto const id : ids) add(id);
  }
  constexpr void add(FieldId id) { bits_ |= bit(id); }
  [[nodiscard]] constexpr bool meets(FieldSet other) const { return (bits_ & other.bits_) != 0; }
  [[nodiscard]] constexpr bool contains(FieldId id) const { return (bits_ & bit(id)) != 0; }

 private:
  static constexpr std::uint64_t bit(FieldId id) { return std::uint64_t{1} << static_cast<unsigned>(id); }
  static_assert(static_cast<unsigned>(FieldId::x_request_id) < kMost);  // the last one
  std::uint64_t bits_ = 0;
};

}  // namespace inferway::http
