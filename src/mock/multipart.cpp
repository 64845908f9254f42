#include "multipart.hpp"

#include "inferway/base/text.hpp"

#include <algorithm>

namespace inferway::mock {

namespace {

/// The value of `name=` in a header's parameters, quoted or not; "" when it is not there.
std::string_view parameter(std::string_view header, std::string_view name) {
  for (auto rest = header; !rest.empty();) {
    auto const semicolon = rest.find(';');
    auto const piece = trim(rest.substr(0, semicolon));
    rest = semicolon == std::string_view::npos ? std::string_view() : rest.substr(semicolon + 1);
    auto const equals = piece.find('=');
    if (equals == std::string_view::npos || !iequals(trim(piece.substr(0, equals)), name)) continue;
    auto value = trim(piece.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    return value;
  }
  return {};
}

/// The name and filename out of a part's headers.
FormPart part_of(std::string_view headers, std::string_view content) {
  FormPart part{.name = {}, .filename = {}, .content = content};
  for (auto rest = headers; !rest.empty();) {
    auto const end = rest.find("\r\n");
    auto const line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 2);
    auto const colon = line.find(':');
    if (colon == std::string_view::npos || !iequals(line.substr(0, colon), "content-disposition")) continue;
    part.name = parameter(line, "name");
    part.filename = parameter(line, "filename");
  }
  return part;
}

}  // namespace

std::optional<std::vector<FormPart>> parse_form(std::string_view content_type, std::string_view body) {
  auto const boundary = parameter(content_type, "boundary");
  if (!lower(content_type).starts_with("multipart/form-data") || boundary.empty()) return std::nullopt;
  auto const opening = "--" + std::string(boundary);
  auto const delimiter = "\r\n" + opening;
  if (!body.starts_with(opening)) return std::nullopt;
  body.remove_prefix(opening.size());
  std::vector<FormPart> form;
  while (!body.starts_with("--")) {
    if (!body.starts_with("\r\n")) return std::nullopt;
    auto const end = body.find(delimiter);
    auto const blank = body.find("\r\n\r\n");
    if (end == std::string_view::npos || blank == std::string_view::npos || blank + 4 > end) return std::nullopt;
    form.push_back(part_of(body.substr(2, blank - 2), body.substr(blank + 4, end - blank - 4)));
    body.remove_prefix(end + delimiter.size());
  }
  return form;
}

std::optional<std::string_view> field(std::vector<FormPart> const& form, std::string_view name) {
  auto const part = std::ranges::find(form, name, &FormPart::name);
  if (part == form.end()) return std::nullopt;
  return part->content;
}

}  // namespace inferway::mock
