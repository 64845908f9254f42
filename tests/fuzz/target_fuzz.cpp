// A request target: its path in the one form that is matched and forwarded, its query's parameters. The input: a path,
// a query.

#include "inferway/http/target.hpp"

#include "fuzz.hpp"
#include "inferway/base/text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace inferway::fuzz {

namespace {

bool is_unreserved(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("-._~").contains(c);
}

/// RFC 3986 sections 6.2.2 and 5.2.4, segment by segment, for a path whose percent-encodings are right.
std::string normalised_plainly(std::string_view path) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string decoded;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%') {
      decoded += path[i];
      continue;
    }
    auto const byte = static_cast<char>(hex_digit(path[i + 1]) * 16 + hex_digit(path[i + 2]));
    if (is_unreserved(byte)) {
      decoded += byte;
    } else {
      decoded += '%';
      decoded += kHex[static_cast<unsigned char>(byte) / 16];
      decoded += kHex[static_cast<unsigned char>(byte) % 16];
    }
    i += 2;
  }
  std::vector<std::string_view> kept;
  bool directory = false;  // the path ends in a slash
  for (auto const segment : split(std::string_view(decoded).substr(1), "/")) {
    directory = segment.empty() || segment == "." || segment == "..";
    if (segment == ".." && !kept.empty()) kept.pop_back();
    if (!directory) kept.push_back(segment);
  }
  std::string out;
  for (auto const segment : kept) (out += '/') += segment;
  return directory ? out + '/' : out;
}

void check_path(std::string_view path) {
  std::string storage;
  auto const normal = http::normalise_path(path, storage);
  if (!normal) {
    must(normal.error().code == ErrorCode::bad_request, "a path is refused as a bad request");
    return;
  }
  must(*normal == normalised_plainly(path), "the path is what a plain reader makes of it");
  std::string again;
  auto const twice = http::normalise_path(*normal, again);
  must(twice && *twice == *normal, "the one form has no other");
  // A backend that decodes once more must not get out of the prefix that was matched.
  auto decoded = http::percent_decode(*normal);
  must(decoded.has_value() && !decoded->contains('\0'), "it can be decoded, and holds no NUL");
  std::ranges::replace(*decoded, '\\', '/');
  for (auto const segment : split(*decoded, "/")) must(segment != "." && segment != "..", "no dot segment is hidden");
}

void check_query(std::string_view query) {
  static constexpr std::array<std::string_view, 2> kKeys{"key", "api_key"};
  auto const value = http::query_parameter(query, "key");
  std::string storage;
  std::string again;
  auto const left = http::without_parameters(query, kKeys, storage);
  must(left.size() <= query.size(), "nothing is added");
  auto const gone = http::query_parameter(left, "key");
  must(gone && !*gone, "a parameter that is taken out is not there");
  must(http::without_parameters(left, kKeys, again) == left, "taking out twice changes nothing");
  bool there = false;
  http::each_parameter(query, [&](http::Parameter const& parameter) {
    auto const decoded = http::percent_decode(parameter.name);
    there = there || decoded == "key";
  });
  must(!there || !value || *value, "a parameter that is there is found");
}

void check_encoding(std::string_view text) {
  std::string encoded;
  http::append_percent_encoded(encoded, text);
  must(http::percent_decode(encoded) == text, "what is encoded decodes to itself");
  for (char const c : encoded) must(is_unreserved(c) || c == '%', "what is encoded is one segment");
}

}  // namespace

void one_input(std::string_view input) {
  auto const texts = split(input, kNext);
  // Memory of its own: blocks of 16 bytes are looked at, and none behind the end.
  auto const path = copy(texts.front());
  check_path(view(path));
  check_encoding(view(path));
  if (texts.size() < 2) return;
  auto const query = copy(texts[1]);
  check_query(view(query));
}

}  // namespace inferway::fuzz
