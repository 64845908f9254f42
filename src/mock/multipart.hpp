#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace inferway::mock {

/// One part of a multipart/form-data body. Views into the body.
struct FormPart {
  std::string_view name;
  std::string_view filename;  ///< "" for a plain field
  std::string_view content;
};

/// The parts of a form, or nothing when the content type names no boundary or the body is no whole form (RFC 7578).
[[nodiscard]] std::optional<std::vector<FormPart>> parse_form(std::string_view content_type, std::string_view body);

/// The content of a field, or nothing.
[[nodiscard]] std::optional<std::string_view> field(std::vector<FormPart> const& form, std::string_view name);

}  // namespace inferway::mock
