#pragma once

#include "fuzz.hpp"
#include "inferway/base/text.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// A reader of HTTP/1.1 requests as our own side writes them, and nothing else: no leniency at all, no thought of
/// speed, no code shared with the gateway's parser.
namespace inferway::fuzz {

struct PlainRequest {
  std::string method;
  std::string target;
  std::multimap<std::string, std::string> fields;  ///< names in lower case
  std::string body;
  bool whole = false;  ///< the body is there to its end
  std::size_t size = 0;
};

class StrictReader {
 public:
  explicit StrictReader(std::string_view text) : text_(text) {}

  /// Nothing: the head has no end yet.
  std::optional<PlainRequest> read() {
    PlainRequest out;
    auto const head_end = text_.find("\r\n\r\n");
    if (head_end == std::string_view::npos) return std::nullopt;
    auto const lines = split(text_.substr(0, head_end), "\r\n");
    read_request_line(lines.front(), out);
    for (std::size_t i = 1; i < lines.size(); ++i) read_field(lines[i], out);
    must(out.fields.count("host") == 1, "strictly: one Host");
    at_ = head_end + 4;
    read_body(out);
    out.size = at_;
    return out;
  }

 private:
  static void must_be_visible(std::string_view text, char const* what) {
    must(!text.empty(), what);
    for (char const c : text) must(c > 0x20 && c < 0x7F, what);
  }

  static void read_request_line(std::string_view line, PlainRequest& out) {
    auto const words = split(line, " ");
    must(words.size() == 3 && words[2] == "HTTP/1.1", "strictly: a request line of three words");
    must_be_visible(words[0], "strictly: a method");
    must_be_visible(words[1], "strictly: a target");
    out.method = words[0];
    out.target = words[1];
  }

  static void read_field(std::string_view line, PlainRequest& out) {
    auto const colon = line.find(": ");
    auto const bare = line.size() - 1;  // a value may be empty, and its blank with it
    must(colon != std::string_view::npos || line.find(':') == bare, "strictly: a colon behind a name");
    auto const name = line.substr(0, colon == std::string_view::npos ? bare : colon);
    must_be_visible(name, "strictly: a name");
    must(name.find_first_of(":()<>@,;\\\"/[]?={}") == std::string_view::npos, "strictly: a name is a token");
    auto const value = line.substr(std::min(line.size(), name.size() + 2));
    for (char const c : value)
      must(c == '\t' || (c != 0x7F && !(c >= 0 && c < 0x20)), "strictly: no control in a value");
    out.fields.emplace(lower(name), value);
  }

  void read_body(PlainRequest& out) {
    auto const lengths = out.fields.count("content-length");
    auto const codings = out.fields.count("transfer-encoding");
    must(lengths + codings <= 1, "strictly: one framing");
    if (codings == 1) {
      must(out.fields.find("transfer-encoding")->second == "chunked", "strictly: chunked alone");
      while (read_chunk(out)) continue;
    } else {
      auto const length = lengths == 0 ? 0 : parse_decimal(out.fields.find("content-length")->second);
      must(length.has_value(), "strictly: a length of digits");
      out.body = text_.substr(at_, *length);
      at_ += out.body.size();
      out.whole = out.body.size() == *length;
    }
  }

  /// False: the last one, or one that is not there whole.
  bool read_chunk(PlainRequest& out) {
    auto const end = text_.find("\r\n", at_);
    if (end == std::string_view::npos) return false;
    std::size_t size = 0;
    must(end > at_ && end - at_ <= 8, "strictly: a chunk's size");
    for (auto const c : text_.substr(at_, end - at_)) {
      must(hex_digit(c) >= 0, "strictly: a chunk's size in hex digits, without extensions");
      size = size * 16 + static_cast<std::size_t>(hex_digit(c));
    }
    auto const rest = text_.substr(end + 2);
    if (rest.size() < size + 2) {
      out.body += rest.substr(0, size);
      at_ = text_.size();
      return false;
    }
    must(rest.substr(size, 2) == "\r\n", "strictly: a chunk ends in CRLF, and there are no trailers");
    out.body += rest.substr(0, size);
    at_ = end + 2 + size + 2;
    out.whole = size == 0;
    return size > 0;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace inferway::fuzz
