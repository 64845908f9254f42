// The small grammars that heads are made of.

#include "characters.hpp"
#include "inferway/base/text.hpp"
#include "inferway/http/head.hpp"
#include "scan.hpp"

#include <algorithm>

namespace inferway::http {

std::size_t token_length(std::string_view text) {
  std::size_t length = 0;
#ifdef __SSE2__
  length = blocks_length(text, not_in_names);
#endif
  while (length < text.size() && is_a(text[length], kTchar)) ++length;
  return length;
}

bool is_token(std::string_view text) { return !text.empty() && token_length(text) == text.size(); }

bool is_field_value(std::string_view text) { return field_text_length(text) == text.size(); }

namespace {

/// The four decimal numbers at an IPv6 address's end, or alone. RFC 3986 section 3.2.2: dec-octet, no leading zeros.
bool is_ipv4(std::string_view text) {
  for (int part = 0; part < 4; ++part) {
    auto const end = part < 3 ? text.find('.') : text.size();
    if (end == std::string_view::npos || end == 0 || end > 3) return false;
    auto const octet = text.substr(0, end);
    if (!all_are(octet, kDigit) || (octet.size() > 1 && octet.front() == '0') || *parse_decimal(octet) > 255) {
      return false;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return true;
}

/// Eight groups of up to four hex digits, of which one run of one or more may be "::", and the last two an IPv4
/// address. RFC 4291 section 2.2. No zone: it means nothing to another host.
bool is_ipv6(std::string_view text) {
  int groups = 0;
  bool gap = false;
  while (!text.empty()) {
    if (text.starts_with("::")) {
      if (gap) return false;
      gap = true;
      text.remove_prefix(2);
      if (text.empty()) break;
    } else if (groups > 0) {
      text.remove_prefix(1);  // the colon that ended the group before
    }
    auto const group = text.substr(0, text.find(':'));
    if (group.size() == text.size() && group.contains('.')) {
      groups += 2;
      if (!is_ipv4(group)) return false;
    } else {
      ++groups;
      if (group.empty() || group.size() > 4 || !all_are(group, kHex)) return false;
    }
    text.remove_prefix(group.size());
  }
  return gap ? groups <= 7 : groups == 8;
}

/// One or more of unreserved, sub-delims, percent-encoded bytes.
bool is_reg_name(std::string_view text) {
  if (text.empty()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_a(text[i], kUnreserved | kSubDelim)) continue;
    if (text[i] != '%' || text.size() - i < 3 || !is_a(text[i + 1], kHex) || !is_a(text[i + 2], kHex)) return false;
    i += 2;
  }
  return true;
}

/// RFC 3986 lets a port be empty or endless; readers disagree about both, so neither is taken.
bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 && all_are(text, kDigit) && *parse_decimal(text) <= 65535;
}

}  // namespace

bool is_authority(std::string_view text) {
  std::size_t plain = 0;
#ifdef __SSE2__
  plain = blocks_length(text, [](__m128i bytes) {
    auto const signs = _mm_or_si128(equal(bytes, '-'), equal(bytes, '.'));
    return bits(_mm_or_si128(_mm_or_si128(are_letters(bytes), within(bytes, '0', '9')), signs)) ^ 0xFFFFU;
  });
#endif
  while (plain < text.size() && is_a(text[plain], kUnreserved | kSubDelim)) ++plain;
  if (plain == text.size()) return plain > 0;
  if (text.starts_with('[')) {
    auto const end = text.find(']');
    if (end == std::string_view::npos || !is_ipv6(text.substr(1, end - 1))) return false;
    auto const rest = text.substr(end + 1);
    return rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
  }
  auto const colon = text.find(':', plain);
  if (colon == std::string_view::npos) return is_reg_name(text);
  return is_reg_name(text.substr(0, colon)) && is_port(text.substr(colon + 1));
}

}  // namespace inferway::http
