#pragma once

#include "inferway/base/error.hpp"

#include <string_view>

namespace inferway::dialect {

/// What the head of a form's part says of it.
enum class FormPart : std::uint8_t {
  other,        ///< some other field, or a file
  model_field,  ///< the field "model"
};

/// Reads the head of a part: its field lines, each with its CRLF, without the empty line. Errors: bad_request. It must
/// bear one Content-Disposition: form-data with a name (RFC 7578 section 4.2). Refused where parsers disagree: folded
/// lines, an empty file name or escapes in a part that one of them would take for the field "model", an encoded field.
[[nodiscard]] Result<FormPart> read_part_head(std::string_view head);

}  // namespace inferway::dialect
