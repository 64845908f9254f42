#pragma once

#include "inferway/http/head.hpp"

#include <utility>
#include <vector>

namespace inferway::http {

/// Memory for the fields of heads, lent to one head after the other: most requests then ask the allocator for none, and
/// a connection that rests holds none. One owner's, on one thread.
class FieldStock {
 public:
  static constexpr std::size_t kUsual = 24;  ///< fields; an SDK sends about 17
  static constexpr std::size_t kLargest = 2 * kUsual;
  static constexpr std::size_t kKept = 256;  ///< at most 480 KiB, as a rule half of that

  /// Gives `fields` memory, if it has none.
  void lend(std::vector<Field>& fields) {
    if (fields.capacity() > 0) return;
    if (stock_.empty()) return fields.reserve(kUsual);
    fields.swap(stock_.back());
    stock_.pop_back();
  }

  /// Takes the memory of `fields`, which is empty then.
  void take_back(std::vector<Field>& fields) {
    if (fields.capacity() == 0) return;
    fields.clear();
    if (fields.capacity() <= kLargest && stock_.size() < kKept) stock_.push_back(std::move(fields));
    std::vector<Field>().swap(fields);
  }

 private:
  std::vector<std::vector<Field>> stock_;
};

}  // namespace inferway::http
