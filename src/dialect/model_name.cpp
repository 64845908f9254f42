#include "model_name.hpp"

#include "inferway/base/text.hpp"
#include "inferway/dialect/model_scan.hpp"

#include <algorithm>
#include <cstdint>

namespace inferway::dialect {

namespace {

std::uint32_t hex4(std::string_view digits) {
  std::uint32_t value = 0;
  for (char const c : digits) value = value * 16 + static_cast<std::uint32_t>(hex_digit(c));
  return value;
}

void append_utf8(std::string& out, std::uint32_t point) {
  auto const put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) return put(point);
  if (point < 0x800) {
    put(0xC0 | (point >> 6));
  } else {
    if (point < 0x10000) {
      put(0xE0 | (point >> 12));
    } else {
      put(0xF0 | (point >> 18));
      put(0x80 | ((point >> 12) & 0x3F));
    }
    put(0x80 | ((point >> 6) & 0x3F));
  }
  put(0x80 | (point & 0x3F));
}

char plain_escape(char c) {
  switch (c) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return c;
  }
}

}  // namespace

std::optional<std::string_view> unescape_json(std::string_view raw, std::string& storage) {
  if (raw.find('\\') == std::string_view::npos) return raw;
  auto& out = storage;
  out.clear();
  out.reserve(raw.size());
  while (!raw.empty()) {
    auto const plain = raw.substr(0, raw.find('\\'));
    out.append(plain);
    raw.remove_prefix(plain.size());
    if (raw.empty()) break;
    if (raw[1] != 'u') {
      out += plain_escape(raw[1]);
      raw.remove_prefix(2);
      continue;
    }
    auto point = hex4(raw.substr(2, 4));
    raw.remove_prefix(6);
    if (point >= 0xDC00 && point <= 0xDFFF) return std::nullopt;
    if (point >= 0xD800 && point <= 0xDBFF) {
      if (raw.size() < 6 || raw[0] != '\\' || raw[1] != 'u') return std::nullopt;
      auto const low = hex4(raw.substr(2, 4));
      if (low < 0xDC00 || low > 0xDFFF) return std::nullopt;
      raw.remove_prefix(6);
      point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
    }
    append_utf8(out, point);
  }
  return out;
}

/// Nearly every name is nothing else.
bool is_printable_ascii(std::string_view name) {
  return std::ranges::all_of(name, [](char c) { return c >= 0x20 && c < 0x7F; });
}

std::string_view complaint_about_model_name(std::string_view name) {
  static_assert(JsonModelScanner::kMaxModelBytes == 1024, "kTooLong says so");
  if (name.empty()) return "is empty";
  if (name.size() > JsonModelScanner::kMaxModelBytes) return kTooLong;
  if (is_printable_ascii(name)) return {};
  if (!is_utf8(name)) return "is not UTF-8";
  for (std::size_t i = 0; i < name.size(); ++i) {
    auto const byte = static_cast<unsigned char>(name[i]);
    // U+0080 to U+009F, some of which terminals obey, are C2 80 to C2 9F.
    bool const c1 = byte == 0xC2 && static_cast<unsigned char>(name[i + 1]) < 0xA0;
    if (byte < 0x20 || byte == 0x7F || c1) return "has a control character";
  }
  return {};
}

std::string json_string(std::string_view model) {
  std::string out = "\"";
  append_json_escaped(out, model);
  return out += '"';
}

}  // namespace inferway::dialect
