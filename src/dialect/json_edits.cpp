#include "json_edits.hpp"

#include <utility>

namespace inferway::dialect {

std::string JsonEdits::apply() && {
  // Few, and mostly in order: and std::stable_sort of libstdc++ 12 calls what C++17 deprecated.
  for (std::size_t i = 1; i < edits_.size(); ++i) {
    for (auto k = i; k > 0 && edits_[k].offset < edits_[k - 1].offset; --k) std::swap(edits_[k], edits_[k - 1]);
  }
  std::size_t size = text_.size();
  for (auto const& edit : edits_) size += edit.with.size();
  std::string out;
  out.reserve(size);
  std::size_t at = 0;
  for (auto const& edit : edits_) {
    out.append(text_.substr(at, edit.offset - at)).append(edit.with);
    at = edit.offset + edit.length;
  }
  return out.append(text_.substr(at));
}

}  // namespace inferway::dialect
