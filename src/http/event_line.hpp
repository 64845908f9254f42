#pragma once

#include <cstddef>
#include <string_view>

namespace inferway::http {

/// The line at the front of a piece of an event stream.
struct EventLine {
  std::size_t bytes;  ///< to its LF or CR, which is not counted; npos: its end is not there
  bool names_error;   ///< "error", with its quotation marks, stands in what is there of it
};

/// Looks once at each byte for both: this is what a stream costs most.
[[nodiscard]] EventLine event_line(std::string_view text);

}  // namespace inferway::http
