#include "form_part.hpp"

#include "inferway/base/text.hpp"
#include "inferway/http/head.hpp"
#include "parameters.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace inferway::dialect {

namespace {

std::unexpected<Error> malformed(std::string_view what) {
  return client_error(ErrorCode::bad_request, "a part of the form has " + std::string(what));
}

/// Some parsers drop every backslash of a quoted name, others keep those that escape no quote.
bool is_model_to_some(std::string name) {
  std::erase(name, '\\');
  return name == "model";
}

Result<FormPart> read_disposition(std::string_view value) {
  auto const parsed = parse_parameters(value);
  auto const* const name = parsed ? parsed->find("name") : nullptr;
  if (!parsed || !iequals(parsed->value, "form-data") || name == nullptr) {
    return malformed("a malformed Content-Disposition");
  }
  if (*name != "model") {
    if (is_model_to_some(*name)) return malformed("an escape in the name \"model\"");
    return FormPart::other;
  }
  auto const* const file = parsed->find("filename");
  if (file == nullptr && parsed->find("filename*") == nullptr) return FormPart::model_field;
  // Go's parser takes a part with an empty file name for a field, and older ones do not know filename*; to all others
  // either is a file.
  if (file == nullptr || file->empty())
    return malformed("the name \"model\" and an empty or only an encoded file name");
  return FormPart::other;
}

}  // namespace

Result<FormPart> read_part_head(std::string_view head) {
  std::optional<FormPart> part;
  bool encoded = false;
  while (!head.empty()) {
    auto const end = head.find("\r\n");
    auto const line = head.substr(0, end);
    head.remove_prefix(std::min(head.size(), line.size() + 2));
    auto const colon = line.find(':');
    auto const name = line.substr(0, colon);
    if (colon == std::string_view::npos || !http::is_token(name)) return malformed("a malformed field line");
    auto const value = trim(line.substr(colon + 1));
    if (!http::is_field_value(value)) return malformed("a control character in a field");
    if (iequals(name, "content-disposition")) {
      if (part) return malformed("two Content-Dispositions");
      auto const read = read_disposition(value);
      if (!read) return read;
      part = *read;
    } else if (iequals(name, "content-transfer-encoding")) {
      encoded = !iequals(value, "7bit") && !iequals(value, "8bit") && !iequals(value, "binary");
    }
  }
  if (!part) return malformed("no Content-Disposition");
  if (encoded && *part == FormPart::model_field) return malformed("the name \"model\" and an encoded content");
  return *part;
}

}  // namespace inferway::dialect
