#include "inferway/http/chunk_scanner.hpp"

#include "characters.hpp"
#include "inferway/base/text.hpp"
#include "scan.hpp"

#include <algorithm>

namespace inferway::http {

namespace {

/// No honest peer sends a larger chunk, and beyond 2^63 readers with signed sizes go astray.
constexpr std::uint64_t kMaxChunkBytes = std::uint64_t{1} << 60;
constexpr std::uint32_t kMaxDigits = 16;

auto refuse(char const* why) { return client_error(ErrorCode::bad_request, why); }

bool is_blank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

Result<ChunkScanner::Step> ChunkScanner::next(std::string_view input) {
  if (state_ == State::size_start) {
    if (auto const line = plain_size_line(input); line > 0) return take_data(input, line);
  }
  for (std::size_t at = 0; at < input.size(); ++at) {
    if (state_ == State::data) return take_data(input, at);
    if (state_ == State::done) return Step{What::end, {}, at};
    char const c = input[at];
    char const* const wrong = state_ < State::data_cr ? on_size_line(c) : on_delimiter_or_trailer(c);
    if (wrong != nullptr) return refuse(wrong);
    if (state_ == State::done) return Step{What::end, {}, at + 1};
  }
  return Step{state_ == State::done ? What::end : What::need_more, {}, input.size()};
}

ChunkScanner::Step ChunkScanner::whole_chunk(std::string_view input) const {
  static constexpr std::size_t kFewDigits = 4;
  if (state_ != State::size_start) return {};
  std::size_t size = 0;
  std::size_t digits = 0;
  for (; digits < kFewDigits && digits < input.size(); ++digits) {
    int const digit = hex_digit(input[digits]);
    if (digit < 0) break;
    size = size << 4 | static_cast<unsigned>(digit);
  }
  auto const end = digits + 2 + size;
  if (size == 0 || input.size() < end + 2 || !is_line_end(input, digits) || !is_line_end(input, end)) return {};
  return {What::data, input.substr(digits + 2, size), end + 2};
}

/// The size line as nearly every peer writes it, when all of it and a byte of payload are here: its bytes. 0: it is
/// another one (the last chunk's among them), or nothing yet.
std::size_t ChunkScanner::plain_size_line(std::string_view input) {
  static constexpr std::size_t kFewDigits = 8;
  std::uint64_t size = 0;
  std::size_t at = 0;
  for (; at < input.size() && at < kFewDigits; ++at) {
    int const digit = hex_digit(input[at]);
    if (digit < 0) break;
    size = size << 4 | static_cast<unsigned>(digit);
  }
  if (size == 0 || at + 2 >= input.size() || input[at] != '\r' || input[at + 1] != '\n') return 0;
  left_ = size;
  state_ = State::data;
  return at + 2;
}

/// As much payload as there is. The CRLF behind a chunk goes with it when it is there already, so that the step ends
/// at the chunk's boundary.
ChunkScanner::Step ChunkScanner::take_data(std::string_view input, std::size_t at) {
  auto const size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size() - at));
  left_ -= size;
  Step step{What::data, input.substr(at, size), at + size};
  if (left_ > 0) return step;
  state_ = State::data_cr;
  if (input.substr(step.consumed).starts_with("\r\n")) {
    step.consumed += 2;
    begin_size_line();
  }
  return step;
}

void ChunkScanner::begin_size_line() {
  state_ = State::size_start;
  left_ = 0;
  digits_ = 0;
  line_bytes_ = 0;
}

/// One byte of a size line. Returns what is wrong with it, or nullptr.
char const* ChunkScanner::on_size_line(char c) {
  if (++line_bytes_ > kMaxLineBytes) return "a chunk's size line is too long";
  if (state_ > State::size && c != '\r' && c != '\n' && ++extension_bytes_ > kMaxExtensionBytes) {
    return "the chunk extensions are too long";
  }
  switch (state_) {
    case State::size_start:
    case State::size: return on_size(c);
    case State::quoted:
      if (c == '"') {
        state_ = State::extension_end;
      } else if (c == '\\') {
        state_ = State::quoted_escape;
      }
      return is_field_character(c) ? nullptr : "a chunk extension holds a control character";
    case State::quoted_escape:
      state_ = State::quoted;
      return is_field_character(c) ? nullptr : "a chunk extension is malformed";
    case State::size_lf:
      if (c != '\n') return "a chunk's size line does not end in CRLF";
      state_ = left_ == 0 ? State::trailer_start : State::data;
      return nullptr;
    default: return on_extension(c);
  }
}

char const* ChunkScanner::on_size(char c) {
  if (int const digit = hex_digit(c); digit >= 0) {
    if (++digits_ > kMaxDigits) return "a chunk's size has too many digits";
    left_ = left_ << 4 | static_cast<unsigned>(digit);
    if (left_ > kMaxChunkBytes) return "a chunk's size is too large";
    state_ = State::size;
    return nullptr;
  }
  if (state_ == State::size_start) return "a chunk does not begin with its size";
  if (c == '\r') {
    state_ = State::size_lf;
  } else if (c == ';') {
    state_ = State::extension_start;
    ++extension_bytes_;
  } else {
    return "a chunk's size holds a character that is no hex digit";
  }
  return nullptr;
}

/// RFC 9112 section 7.1.1: *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] ), but no blank right behind
/// the size.
char const* ChunkScanner::on_extension(char c) {
  static constexpr char kMalformed[] = "a chunk extension is malformed";
  bool const named = state_ == State::extension_name || state_ == State::extension_name_end;
  bool const valued =
      state_ == State::extension_value || state_ == State::extension_end || state_ == State::extension_gap;
  // A blank may stand before ';' and '=', but not before the line's end.
  bool const blank_before = state_ == State::extension_name_end || state_ == State::extension_gap;
  if (is_blank(c)) {
    if (named) state_ = State::extension_name_end;
    if (valued) state_ = State::extension_gap;
  } else if (c == '\r' && (named || valued) && !blank_before) {
    state_ = State::size_lf;
  } else if (c == ';' && (named || valued)) {
    state_ = State::extension_start;
  } else if (c == '=' && named) {
    state_ = State::extension_value_start;
  } else if (c == '"' && state_ == State::extension_value_start) {
    state_ = State::quoted;
  } else if (is_a(c, kTchar)) {
    switch (state_) {
      case State::extension_start: state_ = State::extension_name; break;
      case State::extension_value_start: state_ = State::extension_value; break;
      case State::extension_name:
      case State::extension_value: break;
      default: return kMalformed;
    }
  } else {
    return kMalformed;
  }
  return nullptr;
}

/// One byte behind a chunk's payload, or behind the last chunk.
char const* ChunkScanner::on_delimiter_or_trailer(char c) {
  if (state_ >= State::trailer_start && ++trailer_bytes_ > kMaxTrailerBytes) return "the trailers are too long";
  switch (state_) {
    case State::data_cr:
      if (c != '\r') return "a chunk's data is longer than its size says";
      state_ = State::data_lf;
      return nullptr;
    case State::data_lf:
      if (c != '\n') return "a chunk's data does not end in CRLF";
      begin_size_line();
      return nullptr;
    case State::trailer_start:
      if (c == '\r') {
        state_ = State::end_lf;
        return nullptr;
      }
      state_ = State::trailer_name;
      return is_a(c, kTchar) ? nullptr : "a trailer does not begin with a field name";
    case State::trailer_name:
      if (c == ':') {
        state_ = State::trailer_value;
        return nullptr;
      }
      return is_a(c, kTchar) ? nullptr : "a trailer's name holds a character that is not allowed in it";
    case State::trailer_value:
      if (c == '\r') {
        state_ = State::trailer_lf;
        return nullptr;
      }
      return is_field_character(c) ? nullptr : "a trailer's value holds a control character";
    case State::trailer_lf:
      if (c != '\n') return "a trailer does not end in CRLF";
      state_ = State::trailer_start;
      return nullptr;
    case State::end_lf:
      if (c != '\n') return "the last chunk does not end in CRLF";
      state_ = State::done;
      return nullptr;
    default: return "a chunk is malformed";
  }
}

}  // namespace inferway::http
