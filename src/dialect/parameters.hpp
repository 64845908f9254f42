#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace inferway::dialect {

/// A field value such as `form-data; name="model"`: what stands first, then parameters.
struct Parameters {
  std::string_view value;
  std::vector<std::pair<std::string_view, std::string>> list;  ///< names as they came, values without their quotes

  /// The first of that name (any case), or nullptr.
  [[nodiscard]] std::string const* find(std::string_view name) const;
};

/// Nothing when it is malformed, names a parameter twice, or bears one that parsers read differently: in pieces or
/// encoded (RFC 2231; but for filename*), or with a semicolon behind an escaped quote. RFC 9110 section 5.6.6.
[[nodiscard]] std::optional<Parameters> parse_parameters(std::string_view text);

}  // namespace inferway::dialect
