#pragma once

#include "inferway/base/slabs.hpp"
#include "inferway/http/head.hpp"

namespace inferway::http {

/// Memory for the fields of heads, lent to one head after the other: most requests then ask the allocator for none, a
/// connection that rests holds none, and what ten thousand heads took at once leaves no holes in the heap. One
/// owner's, on one thread; must outlive the heads.
class FieldStock {
 public:
  static constexpr std::size_t kUsual = FieldMemory::kUsual;

  /// Gives `fields` memory, if it has none.
  void lend(Fields& fields) {
    if (fields.capacity() > 0) return;
    fields = Fields(FieldMemory(memory_));
    fields.reserve(kUsual);
  }

  /// Takes the memory of `fields`, which is empty then.
  static void take_back(Fields& fields) {
    if (fields.capacity() > 0) fields = Fields();
  }

 private:
  Slabs memory_{kUsual * sizeof(Field)};
};

}  // namespace inferway::http
