#pragma once

#include "inferway/http/head.hpp"
#include "splits.hpp"

namespace inferway {

/// Reads a head as a session does: what came first may be taken at one go; else bytes gather until the head's end is
/// there, then it is parsed. `bytes` is where the head's views point to. A head without an end is a bad_request here.
template <typename Head, typename... More>
Result<void> read_head(Head& head, std::vector<char>& bytes, Pieces const& pieces, http::HeadLimits const& limits,
                       More... more) {
  bytes.clear();
  std::size_t scanned = 0;
  for (auto const& piece : pieces) {
    bytes.insert(bytes.end(), piece.begin(), piece.end());
    bytes.shrink_to_fit();
    if (scanned == 0 && head.take(view(bytes), limits, more...) > 0) return {};
    auto const end = http::find_head_end(view(bytes), scanned);
    if (!end) return std::unexpected(end.error());
    if (end->size > 0) return head.parse(view(bytes).substr(0, end->size), limits, more...);
    scanned = end->scanned;
  }
  return client_error(ErrorCode::bad_request, "the head has no end");
}

}  // namespace inferway
