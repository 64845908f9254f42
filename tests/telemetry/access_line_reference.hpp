#pragma once

#include "inferway/base/text.hpp"
#include "names.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace inferway::telemetry {

/// The access log's line put together in the plainest way: what the quick one has to equal byte for byte.
class ReferenceLine {
 public:
  ReferenceLine(Record const& record, Names const& names) : record_(record), names_(names.of(record)) {}

  [[nodiscard]] std::string json() const {
    return R"({"time":")" + time() + R"(","method":)" + quoted(text(record_.method)) + R"(,"path":)" + quoted(path()) +
           R"(,"route":)" + or_null(names_.route) + R"(,"backend":)" + or_null(names_.backend) + R"(,"model":)" +
           or_null(text(record_.model)) + R"(,"key":)" + or_null(names_.key) + R"(,"status":)" + status() +
           R"(,"attempts":)" + std::to_string(record_.attempts) + R"(,"failures":)" + or_null(text(record_.failures)) +
           R"(,"error":)" + or_null(error()) + R"(,"detail":)" + or_null(text(record_.detail)) + R"(,"duration_ms":)" +
           milliseconds(record_.duration) + R"(,"first_byte_ms":)" +
           (record_.first_byte.count() < 0 ? "null" : milliseconds(record_.first_byte)) + R"(,"bytes_in":)" +
           std::to_string(record_.bytes_in) + R"(,"bytes_out":)" + std::to_string(record_.bytes_out) + R"(,"stream":)" +
           (record_.streamed ? "true" : "false") + R"(,"truncated":)" + (record_.truncated ? "true" : "false") +
           R"(,"client":)" + or_null(text(record_.client)) + R"(,"request_id":)" + or_null(text(record_.request_id)) +
           "}\n";
  }

  [[nodiscard]] std::string text() const {
    auto const first = record_.first_byte.count() < 0 ? "" : " first_byte=" + milliseconds(record_.first_byte) + "ms";
    return time() + " " + value(text(record_.client)) + " " + value(text(record_.method)) + " " + value(path()) + " " +
           status() + " " + milliseconds(record_.duration) + "ms" + field("route", names_.route) +
           field("backend", names_.backend) + field("model", text(record_.model)) + field("key", names_.key) +
           " attempts=" + std::to_string(record_.attempts) + field("failures", text(record_.failures)) +
           field("error", error()) + field("detail", text(record_.detail)) + first +
           " bytes_in=" + std::to_string(record_.bytes_in) + " bytes_out=" + std::to_string(record_.bytes_out) +
           (record_.streamed ? " stream=true" : "") + (record_.truncated ? " truncated=true" : "") +
           field("request_id", text(record_.request_id)) + "\n";
  }

 private:
  template <typename Text>
  static std::string text(Text const& text) {
    return std::string(text.view());
  }
  static std::string padded(std::int64_t number, std::size_t width) {
    auto const digits = std::to_string(number);
    return std::string(width - std::min(width, digits.size()), '0') + digits;
  }
  static std::string escaped(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
      char const c = text[i];
      // The shortest well-formed piece is one character; none is longer than four bytes.
      std::size_t size = 1;
      while (size <= 4 && i + size <= text.size() && !is_utf8(text.substr(i, size))) ++size;
      bool const well_formed = size <= 4 && i + size <= text.size();
      if (!well_formed) {
        out += "\\ufffd";
      } else if (c == '"' || c == '\\') {
        out += std::string("\\") + c;
      } else if (c == '\n') {
        out += "\\n";
      } else if (size == 1 && (c < 0x20 || c == 0x7F)) {
        static constexpr char kHex[] = "0123456789abcdef";
        out += std::string("\\u00") + kHex[c / 16] + kHex[c % 16];
      } else {
        out += text.substr(i, size);
      }
      i += well_formed ? size : 1;
    }
    return out;
  }
  static std::string quoted(std::string_view text) { return '"' + escaped(text) + '"'; }
  static std::string or_null(std::string_view text) { return text.empty() ? "null" : quoted(text); }
  static std::string value(std::string_view text) {
    bool plain = !text.empty();
    for (char const c : text) plain = plain && c > ' ' && c < 0x7F && c != '"' && c != '\\' && c != '=';
    return plain ? std::string(text) : quoted(text);
  }
  static std::string field(std::string_view key, std::string_view text) {
    return text.empty() ? "" : " " + std::string(key) + "=" + value(text);
  }
  static std::string milliseconds(std::chrono::nanoseconds duration) {
    auto const us = std::max<std::int64_t>(duration.count(), 0) / 1'000;
    return std::to_string(us / 1'000) + "." + padded(us % 1'000, 3);
  }

  [[nodiscard]] std::string time() const {
    using namespace std::chrono;
    auto const day = floor<days>(record_.started);
    year_month_day const date(day);
    auto const ms = floor<std::chrono::milliseconds>(record_.started - day).count();
    return padded(static_cast<int>(date.year()), 4) + "-" + padded(static_cast<unsigned>(date.month()), 2) + "-" +
           padded(static_cast<unsigned>(date.day()), 2) + "T" + padded(ms / 3'600'000, 2) + ":" +
           padded(ms / 60'000 % 60, 2) + ":" + padded(ms / 1'000 % 60, 2) + "." + padded(ms % 1'000, 3) + "Z";
  }
  [[nodiscard]] std::string path() const {
    auto const path = text(record_.path);
    return path.substr(0, path.find('?'));
  }
  [[nodiscard]] std::string status() const { return std::to_string(std::max<int>(record_.status, 0)); }
  [[nodiscard]] std::string error() const { return record_.error_set ? std::string(name(record_.error)) : ""; }

  Record const& record_;
  Names::Named names_;
};

}  // namespace inferway::telemetry
