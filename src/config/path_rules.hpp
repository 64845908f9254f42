#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Paths as they may stand in the file. Each function gives the rest of a sentence that begins with the path, or
/// nothing when the path is in order.
namespace inferway::config {

/// Whether `path` begins with '/' and is in the one form that requests have after normalisation; in any other form it
/// could match nothing. RFC 3986 sections 3.3 and 6.2.2.
[[nodiscard]] std::optional<std::string> complaint_about_path(std::string_view path);

/// A route's pattern: a path, or a prefix that ends in "/*".
[[nodiscard]] std::optional<std::string> complaint_about_pattern(std::string_view pattern);

/// A route's upstream path; {path} may stand where the pattern's '*' matched something.
[[nodiscard]] std::optional<std::string> complaint_about_rewrite(std::string_view rewrite, std::string_view pattern);

}  // namespace inferway::config
