// What request and response heads share: where they end, and how a field is found.

#include "inferway/http/head.hpp"

#include "field_section.hpp"
#include "inferway/base/text.hpp"
#include "scan.hpp"

#include <algorithm>
#include <cstring>

namespace inferway::http {

namespace {

/// For bytes that are no line's end. `at` is where they stand.
Result<HeadEnd> no_line_end(std::string_view rest, std::size_t at) {
  // A CR may yet get its LF; the next search looks at it again.
  if (rest.empty() || rest == "\r") return HeadEnd{0, at};
  if (rest.front() == '\n') return client_error(ErrorCode::bad_request, "a line of the head ends in a bare LF");
  if (rest.front() != '\r') return client_error(ErrorCode::bad_request, "the head holds a control character");
  return client_error(ErrorCode::bad_request, "a CR in the head has no LF behind it");
}

}  // namespace

std::size_t LineEnds::look(std::string_view bytes, std::size_t from) {
  char const* const text = bytes.data();
  auto* const places = places_.data();  // kAhead is looked at below
  std::size_t count = 0;
  auto const found = [&](std::size_t place) {
    places[count++] = place;
    begin_ = from;
    count_ = count;
    taken_ = 0;
    return place;
  };
  // Whether a line's end is the last one to look for. One at 0 is dealt with before all others.
  auto const is_last = [&](std::size_t place) { return text[place - 1] == '\n' || count == kAhead - 1; };
  std::size_t at = from;
  if (at == 0 && bytes.starts_with("\r\n")) return found(0);
#ifdef __SSE2__
  // One byte more than the block, for the LF behind its last.
  while (bytes.size() - at > 16) {
    auto left = unusual(_mm_loadu_si128(reinterpret_cast<__m128i const*>(text + at)));
    auto const begin = at;
    at += 16;
    while (left != 0) {
      auto const place = begin + static_cast<std::size_t>(std::countr_zero(left));
      left &= left - 1;
      if (std::memcmp(text + place, "\r\n", 2) == 0) [[likely]] {
        if (is_last(place)) return found(place);
        places[count++] = place;
        left &= left - 1;              // its LF
        at = std::max(at, place + 2);  // which may be in the next block
      } else if (!is_field_character(text[place])) {
        return found(place);
      }
    }
  }
#endif
  while (true) {
    at += field_text_length({text + at, bytes.size() - at});
    if (!is_line_end(bytes, at) || is_last(at)) return found(at);
    places[count++] = at;
    at += 2;
  }
}

Result<HeadEnd> find_head_end(std::string_view bytes, std::size_t scanned, LineEnds& ends) {
  std::size_t at = std::min(scanned, bytes.size());
  while (true) {
    at = ends.look(bytes, at);
    if (!is_line_end(bytes, at)) return no_line_end(bytes.substr(at), at);
    at += 2;
    if (at == 2 || bytes[at - 3] == '\n') return HeadEnd{at, at};
  }
}

Result<HeadEnd> find_head_end(std::string_view bytes, std::size_t scanned) {
  LineEnds ends;
  return find_head_end(bytes, scanned, ends);
}

std::size_t leading_blank_lines(std::string_view bytes) {
  if (!bytes.starts_with("\r\n")) return 0;
  return bytes.substr(2).starts_with("\r\n") ? 4 : 2;
}

Field const* find_field(Fields const& fields, FieldId id) {
  auto const found = std::ranges::find(fields, id, &Field::id);
  return found == fields.end() ? nullptr : &*found;
}

Field const* find_field(Fields const& fields, std::string_view name) {
  auto const found = std::ranges::find_if(fields, [&](Field const& field) { return iequals(field.name, name); });
  return found == fields.end() ? nullptr : &*found;
}

}  // namespace inferway::http
