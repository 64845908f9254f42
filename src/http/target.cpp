#include "inferway/http/target.hpp"

#include "characters.hpp"
#include "inferway/base/text.hpp"
#include "scan.hpp"

#include <algorithm>

namespace inferway::http {

namespace {

constexpr char kUpperHex[] = "0123456789ABCDEF";

auto refuse(char const* why) { return client_error(ErrorCode::bad_request, why); }

/// The byte that the "%XX" at the front of `text` stands for, or -1.
int encoded_byte(std::string_view text) {
  if (text.size() < 3 || text[0] != '%') return -1;
  int const high = hex_digit(text[1]);
  int const low = hex_digit(text[2]);
  return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/// RFC 3986 section 3.3, but for the '%' of a percent-encoding.
bool is_path_character(char c) { return is_a(c, kUnreserved | kSubDelim) || c == '/' || c == ':' || c == '@'; }

#ifdef __SSE2__
/// is_plainly_normal() for a path of 16 bytes or more; it may say no to one that holds unusual characters. Each block
/// begins with the last byte of the one before, and the last ends where the path does: any two neighbours are in one.
bool blocks_are_plain(std::string_view path) {
  auto const last = path.size() - 16;
  for (std::size_t at = 0;; at = std::min(at + 15, last)) {
    auto const block = _mm_loadu_si128(reinterpret_cast<__m128i const*>(path.data() + at));
    auto const usual = _mm_or_si128(_mm_or_si128(are_letters(block), within(block, '-', ':')), equal(block, '_'));
    auto const slashes = bits(equal(block, '/'));
    if (bits(usual) != 0xFFFFU || (slashes << 1 & (slashes | bits(equal(block, '.')))) != 0) return false;
    if (at == last) return true;
  }
}
#endif

/// Neither a percent-encoding, an empty segment, nor one that begins with a dot; so normalising changes nothing.
bool is_plainly_normal(std::string_view path) {
#ifdef __SSE2__
  if (path.size() >= 16 && blocks_are_plain(path)) return true;
#endif
  char previous = 0;
  for (char const c : path) {
    if (!is_path_character(c) || (previous == '/' && (c == '/' || c == '.'))) return false;
    previous = c;
  }
  return true;
}

/// RFC 3986 sections 6.2.2.1 and 6.2.2.2. Everything else stays as it is.
Result<void> append_decoded(std::string& out, std::string_view path) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (is_path_character(path[i])) {
      out += path[i];
      continue;
    }
    if (path[i] != '%') return refuse("the path holds a character that must be percent-encoded");
    int const byte = encoded_byte(path.substr(i));
    if (byte < 0) return refuse("the path holds a broken percent-encoding");
    if (byte == 0) return refuse("the path holds an encoded NUL");
    char const decoded = static_cast<char>(byte);
    if (is_a(decoded, kUnreserved)) {
      out += decoded;
    } else {
      out += '%';
      out += kUpperHex[byte >> 4];
      out += kUpperHex[byte & 15];
    }
    i += 2;
  }
  return {};
}

/// In place: runs of slashes become one first, so "/a//../b" is "/b", as for nginx. RFC 3986 section 5.2.4.
void remove_dot_and_empty_segments(std::string& path) {
  std::size_t written = 0;
  std::size_t at = 0;
  while (at < path.size()) {
    auto const begin = at + 1;  // behind the slash
    auto const end = std::min(path.find('/', begin), path.size());
    auto const segment = std::string_view(path).substr(begin, end - begin);
    bool const last = end == path.size();
    bool const up = segment == "..";
    if (up) written = written == 0 ? 0 : path.rfind('/', written - 1);
    if (up || segment == "." || segment.empty()) {
      if (last) path[written++] = '/';  // what names a directory goes on naming one
    } else {
      path[written++] = '/';
      for (auto i = begin; i < end; ++i) path[written++] = path[i];
    }
    at = end;
  }
  path.resize(written);
}

/// The parameters of a query, one after the other.
template <typename Visit>
void for_each_parameter(std::string_view query, Visit visit) {
  while (!query.empty()) {
    auto const end = query.find('&');
    visit(query.substr(0, end));
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
  }
}

/// As application/x-www-form-urlencoded: '+' is a space.
std::optional<std::string> form_decode(std::string_view text) {
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  return percent_decode(spaced);
}

bool is_named(std::string_view parameter, std::string_view name) {
  auto const key = parameter.substr(0, parameter.find('='));
  return key == name || form_decode(key) == name;
}

/// A segment less its parameters, RFC 3986 section 3.3.
std::string_view without_segment_parameters(std::string_view segment) {
  return segment.substr(0, std::min(segment.find(';'), segment.find("%3B")));
}

/// A segment "." or ".." that an encoded slash or backslash delimits, or behind which parameters stand: a backend that
/// decodes, or drops parameters, before it resolves would leave the prefix that was matched.
bool hides_dot_segments(std::string_view normal) {
  while (!normal.empty()) {
    auto const end = std::min({normal.find('/'), normal.find("%2F"), normal.find("%5C"), normal.size()});
    auto const segment = without_segment_parameters(normal.substr(0, end));
    if (segment == "." || segment == "..") return true;
    normal.remove_prefix(end);
    normal.remove_prefix(std::min<std::size_t>(normal.size(), normal.starts_with('%') ? 3 : 1));
  }
  return false;
}

}  // namespace

Result<std::string_view> normalise_path(std::string_view path, std::string& storage) {
  if (!path.starts_with('/')) return refuse("the path does not begin with a slash");
  if (is_plainly_normal(path)) return path;
  storage.clear();
  if (auto const decoded = append_decoded(storage, path); !decoded) return std::unexpected(decoded.error());
  remove_dot_and_empty_segments(storage);
  if (hides_dot_segments(storage)) return refuse("the path hides a dot segment by an encoded slash or by parameters");
  return storage == path ? path : std::string_view(storage);
}

Result<std::optional<std::string>> query_parameter(std::string_view query, std::string_view name) {
  std::optional<std::string> value;
  bool broken = false;
  bool twice = false;
  for_each_parameter(query, [&](std::string_view parameter) {
    if (!is_named(parameter, name)) return;
    auto const equals = parameter.find('=');
    auto decoded = form_decode(equals == std::string_view::npos ? std::string_view() : parameter.substr(equals + 1));
    broken |= !decoded;
    twice |= value && decoded && *value != *decoded;
    if (!value) value = std::move(decoded);
  });
  if (broken) return refuse("a query parameter holds a broken percent-encoding");
  if (twice) return refuse("a query parameter stands twice, with different values");
  return value;
}

void each_parameter(std::string_view query, std::function<void(Parameter const&)> const& visit) {
  for_each_parameter(query, [&](std::string_view parameter) {
    auto const equals = std::min(parameter.find('='), parameter.size());
    visit({.name = parameter.substr(0, equals), .value = parameter.substr(std::min(equals + 1, parameter.size()))});
  });
}

std::string_view without_parameters(std::string_view query, std::span<std::string_view const> names,
                                    std::string& storage) {
  auto const dropped = [&](std::string_view parameter) {
    return std::ranges::any_of(names, [&](std::string_view name) { return is_named(parameter, name); });
  };
  bool any = false;
  for_each_parameter(query, [&](std::string_view parameter) { any = any || dropped(parameter); });
  if (!any) return query;
  storage.clear();
  bool first = true;
  for_each_parameter(query, [&](std::string_view parameter) {
    if (dropped(parameter)) return;
    if (!first) storage += '&';
    first = false;
    storage += parameter;
  });
  return storage;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    int const byte = encoded_byte(text.substr(i));
    if (byte < 0) return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

void append_percent_encoded(std::string& out, std::string_view text) {
  for (char const c : text) {
    if (is_a(c, kUnreserved)) {
      out += c;
    } else {
      auto const byte = static_cast<unsigned char>(c);
      out += '%';
      out += kUpperHex[byte >> 4];
      out += kUpperHex[byte & 15];
    }
  }
}

}  // namespace inferway::http
