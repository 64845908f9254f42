#include "path_rules.hpp"

#include "inferway/base/text.hpp"

namespace inferway::config {
namespace {

using Complaint = std::optional<std::string>;

constexpr std::string_view kTail = "{path}";

bool is_unreserved(char c) {
  bool const alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return alphanumeric || c == '-' || c == '.' || c == '_' || c == '~';
}

bool is_path_character(char c) {
  return is_unreserved(c) || std::string_view("/!$&'()*+,;=:@").find(c) != std::string_view::npos;
}

/// A percent-encoding at the front of `text`.
Complaint complaint_about_encoding(std::string_view text) {
  int const high = text.size() > 1 ? hex_digit(text[1]) : -1;
  int const low = text.size() > 2 ? hex_digit(text[2]) : -1;
  if (high < 0 || low < 0) return "has a % that two hexadecimal digits do not follow";
  char const decoded = static_cast<char>(high * 16 + low);
  if (decoded == '\0') return "has %00, which is refused in requests";
  if (is_unreserved(decoded)) return "encodes a character that needs no encoding; write " + std::string(1, decoded);
  bool const lower_case = text[1] >= 'a' || text[2] >= 'a';
  if (lower_case) return "has a percent-encoding in lower case; requests are matched in upper case";
  return std::nullopt;
}

Complaint complaint_about_segments(std::string_view path) {
  while (!path.empty()) {
    path.remove_prefix(1);
    auto const segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    if (segment.empty() && !path.empty()) return "has an empty segment (//), which matches no request";
    if (segment == "." || segment == "..") return "has a dot segment, which matches no request";
  }
  return std::nullopt;
}

std::string replace_tail(std::string_view rewrite, std::string_view with) {
  std::string out(rewrite);
  for (auto at = out.find(kTail); at != std::string::npos; at = out.find(kTail, at + with.size())) {
    out.replace(at, kTail.size(), with);
  }
  return out;
}

}  // namespace

Complaint complaint_about_path(std::string_view path) {
  if (!path.starts_with('/')) return "does not begin with /";
  if (path.find_first_of("?#") != std::string_view::npos) return "has a query or fragment; a path alone stands here";
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '%') {
      if (auto complaint = complaint_about_encoding(path.substr(i))) return complaint;
    } else if (!is_path_character(path[i])) {
      return "has a character that must be percent-encoded in a path";
    }
  }
  return complaint_about_segments(path);
}

Complaint complaint_about_pattern(std::string_view pattern) {
  auto const star = pattern.find('*');
  bool const at_end = star + 1 == pattern.size() && pattern.ends_with("/*");
  if (star != std::string_view::npos && !at_end) return "has a * that is not the end of /*; exact, or a prefix as /x/*";
  return complaint_about_path(star == std::string_view::npos ? pattern : pattern.substr(0, star));
}

Complaint complaint_about_rewrite(std::string_view rewrite, std::string_view pattern) {
  bool const has_tail = rewrite.find(kTail) != std::string_view::npos;
  if (has_tail && !pattern.ends_with("/*")) return "has {path}, but the route's path does not end in /*";
  auto const example = replace_tail(rewrite, "x");
  if (example.find_first_of("{}") != std::string::npos) return "has a brace; only {path} is known";
  return complaint_about_path(example);
}

}  // namespace inferway::config
