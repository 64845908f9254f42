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

Result<HeadEnd> find_head_end(std::string_view bytes, std::size_t scanned) {
  std::size_t at = std::min(scanned, bytes.size());
  while (true) {
    at += field_text_length(bytes.substr(at));
    if (!is_line_end(bytes, at)) return no_line_end(bytes.substr(at), at);
    at += 2;
    if (at == 2 || bytes[at - 3] == '\n') return HeadEnd{at, at};
  }
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
