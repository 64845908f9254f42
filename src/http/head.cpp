// What request and response heads share: where they end, and how a field is found.

#include "inferway/http/head.hpp"

#include "field_section.hpp"
#include "inferway/base/text.hpp"
#include "scan.hpp"

#include <algorithm>

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
  std::size_t count = 0;
  std::size_t at = from;
  // Whether the search is over at `place`, which holds no usual character of a value.
  auto const ends_at = [&](std::size_t place) {
    bool const line_end = is_line_end(bytes, place);
    if (!line_end && is_field_character(text[place])) return false;
    places_[count++] = place;
    return !line_end || place == 0 || text[place - 1] == '\n' || count == kAhead;
  };
  auto const found = [&](std::size_t place) {
    begin_ = from;
    count_ = count;
    taken_ = 0;
    return place;
  };
#ifdef __SSE2__
  while (bytes.size() - at >= 16) {
    auto left = unusual(_mm_loadu_si128(reinterpret_cast<__m128i const*>(text + at)));
    auto const begin = at;
    at += 16;
    while (left != 0) {
      auto const place = begin + static_cast<std::size_t>(std::countr_zero(left));
      if (ends_at(place)) return found(place);
      left &= left - 1;
      if (text[place] != '\r') continue;
      left &= left - 1;              // its LF
      at = std::max(at, place + 2);  // which may be in the next block
    }
  }
#endif
  for (; at < bytes.size(); ++at) {
    if (is_field_character(text[at])) continue;
    if (ends_at(at)) return found(at);
    ++at;
  }
  places_[count++] = bytes.size();
  return found(bytes.size());
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

Field const* find_field(std::vector<Field> const& fields, FieldId id) {
  auto const found = std::ranges::find(fields, id, &Field::id);
  return found == fields.end() ? nullptr : &*found;
}

Field const* find_field(std::vector<Field> const& fields, std::string_view name) {
  auto const found = std::ranges::find_if(fields, [&](Field const& field) { return iequals(field.name, name); });
  return found == fields.end() ? nullptr : &*found;
}

}  // namespace inferway::http
