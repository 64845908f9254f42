#pragma once

#include "inferway/base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace inferway::http {

/// Reads a chunked body piece by piece without copying it. RFC 9112 section 7.1, strictly: CRLF only, 1 to 16 hex
/// digits, no space around the size, at most 2^60 bytes a chunk, extensions bounded and checked, trailers checked as
/// fields, at most `kMaxTrailerBytes`, and otherwise skipped.
class ChunkScanner {
 public:
  static constexpr std::size_t kMaxLineBytes = 4096;      ///< a size line with its extensions
  static constexpr std::size_t kMaxTrailerBytes = 16384;  ///< all trailers together
  /// Extension bytes over a whole body: else one byte of data could cost a 4 KiB line for ever (CVE-2023-39326).
  static constexpr std::size_t kMaxExtensionBytes = 16384;

  enum class What : std::uint8_t {
    need_more,  ///< all input is used up
    data,       ///< `data` is payload; go on with the rest
    end,        ///< the last chunk and its trailers are complete
  };
  struct Step {
    What what = What::need_more;
    std::string_view data;     ///< payload, a view into the input
    std::size_t consumed = 0;  ///< bytes of the input this step used, framing included
  };

  /// Looks at the front of `input`. Call again with the rest until need_more or end. Errors: bad_request (the caller
  /// turns it into bad_response for an answer).
  [[nodiscard]] Result<Step> next(std::string_view input);

  /// What next() would say of a whole chunk of up to 64 KiB whose size is written as nearly every peer does, for a part
  /// of the cost. Without data: the front of `input` is something else, and next() is to be asked.
  [[nodiscard]] Step whole_chunk(std::string_view input) const;

  /// Nothing of a chunk is open: the next byte would begin a size line. A data step takes the CRLF behind the payload
  /// along when it is in the input, so this tells at once whether the input may be cut at what was consumed so far.
  [[nodiscard]] bool at_chunk_boundary() const { return state_ == State::size_start; }
  [[nodiscard]] bool done() const { return state_ == State::done; }

 private:
  // In the order of the wire: what stands before data_cr is a size line, or data.
  enum class State : std::uint8_t {
    size_start,
    size,
    extension_start,  // behind ';'
    extension_name,
    extension_name_end,     // a blank behind the name
    extension_value_start,  // behind '='
    extension_value,
    quoted,
    quoted_escape,
    extension_end,  // behind a quoted value
    extension_gap,  // a blank behind the value
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer_start,
    trailer_name,
    trailer_value,
    trailer_lf,
    end_lf,
    done,
  };

  std::size_t plain_size_line(std::string_view input);
  Step take_data(std::string_view input, std::size_t at);
  void begin_size_line();
  char const* on_size_line(char c);
  char const* on_size(char c);
  char const* on_extension(char c);
  char const* on_delimiter_or_trailer(char c);

  State state_ = State::size_start;
  std::uint64_t left_ = 0;  ///< of the chunk's payload; while its size is read: the size so far
  std::uint32_t digits_ = 0;
  std::uint32_t line_bytes_ = 0;
  std::uint32_t trailer_bytes_ = 0;
  std::uint32_t extension_bytes_ = 0;
};

}  // namespace inferway::http
