#pragma once

#include "value.hpp"

#include <optional>
#include <string>
#include <string_view>

/// What may stand in the file as a method or as a header. RFC 9110 sections 5 and 9.
namespace inferway::config {

/// RFC 9110 section 5.6.2.
[[nodiscard]] bool is_token(std::string_view text);

/// A field value as a sender may write it: no control but tab, no blank at either end. RFC 9110 section 5.5.
[[nodiscard]] bool is_field_value(std::string_view text);

/// Whether the gateway alone decides this field: message framing, the connection, the host. Setting one of them for a
/// backend would let two parsers read a message differently.
[[nodiscard]] bool is_framing_field(std::string_view name);

/// A method as requests bear it; nothing (and an error) for what no request that gets as far as routing can have.
[[nodiscard]] std::optional<std::string> read_method(Value const& value);

}  // namespace inferway::config
