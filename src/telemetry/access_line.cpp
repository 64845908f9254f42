#include "access_line.hpp"

#include "inferway/base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>

namespace inferway::telemetry {

namespace {

using std::chrono::nanoseconds;

void append_number(std::string& out, std::uint64_t value, std::size_t width = 0) {
  std::array<char, 20> digits;
  auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  auto const count = static_cast<std::size_t>(end - digits.data());
  if (count < width) out.append(width - count, '0');
  out.append(digits.data(), count);
}

/// 2026-01-02T03:04:05.678Z
void append_time(std::string& out, std::chrono::system_clock::time_point time) {
  auto const day = std::chrono::floor<std::chrono::days>(time);
  std::chrono::year_month_day const date(day);
  std::chrono::hh_mm_ss const clock(std::chrono::floor<std::chrono::milliseconds>(time - day));
  append_number(out, static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
  out += '-';
  append_number(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_number(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  append_number(out, static_cast<std::uint64_t>(clock.hours().count()), 2);
  out += ':';
  append_number(out, static_cast<std::uint64_t>(clock.minutes().count()), 2);
  out += ':';
  append_number(out, static_cast<std::uint64_t>(clock.seconds().count()), 2);
  out += '.';
  append_number(out, static_cast<std::uint64_t>(clock.subseconds().count()), 3);
  out += 'Z';
}

/// With three decimals: microseconds are what a gateway's share is told in.
void append_milliseconds(std::string& out, nanoseconds duration) {
  auto const us = static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0) / 1'000);
  append_number(out, us / 1'000);
  out += '.';
  append_number(out, us % 1'000, 3);
}

/// What stands behind '?' may be a key; the path should not have it, and never gets into a line.
std::string_view without_query(std::string_view path) { return path.substr(0, path.find('?')); }

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  append_json_escaped(out, text);
  out += '"';
}

void append_or_null(std::string& out, std::string_view text) {
  if (text.empty()) {
    out += "null";
  } else {
    append_quoted(out, text);
  }
}

void append_json(std::string& out, Record const& record, Names const& names) {
  out += R"({"time":")";
  append_time(out, record.started);
  out += R"(","method":)";
  append_quoted(out, record.method.view());
  out += R"(,"path":)";
  append_quoted(out, without_query(record.path.view()));
  out += R"(,"route":)";
  append_or_null(out, names.route(record.route));
  out += R"(,"backend":)";
  append_or_null(out, names.backend(record.backend));
  out += R"(,"model":)";
  append_or_null(out, record.model.view());
  out += R"(,"key":)";
  append_or_null(out, names.key(record.key));
  out += R"(,"status":)";
  append_number(out, static_cast<std::uint64_t>(std::max<std::int16_t>(record.status, 0)));
  out += R"(,"attempts":)";
  append_number(out, record.attempts);
  out += R"(,"failures":)";
  append_or_null(out, record.failures.view());
  out += R"(,"error":)";
  append_or_null(out, record.error_set ? name(record.error) : std::string_view());
  out += R"(,"detail":)";
  append_or_null(out, record.detail.view());
  out += R"(,"duration_ms":)";
  append_milliseconds(out, record.duration);
  out += R"(,"first_byte_ms":)";
  if (record.first_byte.count() < 0) {
    out += "null";
  } else {
    append_milliseconds(out, record.first_byte);
  }
  out += R"(,"bytes_in":)";
  append_number(out, record.bytes_in);
  out += R"(,"bytes_out":)";
  append_number(out, record.bytes_out);
  out += record.streamed ? R"(,"stream":true)" : R"(,"stream":false)";
  out += record.truncated ? R"(,"truncated":true)" : R"(,"truncated":false)";
  out += R"(,"client":)";
  append_or_null(out, record.client.view());
  out += R"(,"request_id":)";
  append_or_null(out, record.request_id.view());
  out += "}\n";
}

/// A value of a text line: quoted when a reader that splits at spaces would misread it.
void append_value(std::string& out, std::string_view text) {
  auto const plain = [](char c) { return c > ' ' && c < 0x7F && c != '"' && c != '\\' && c != '='; };
  if (!text.empty() && std::ranges::all_of(text, plain)) {
    out += text;
  } else {
    append_quoted(out, text);
  }
}

void append_field(std::string& out, std::string_view key, std::string_view text) {
  if (text.empty()) return;
  out += ' ';
  out += key;
  out += '=';
  append_value(out, text);
}

void append_text(std::string& out, Record const& record, Names const& names) {
  append_time(out, record.started);
  out += ' ';
  append_value(out, record.client.view());
  out += ' ';
  append_value(out, record.method.view());
  out += ' ';
  append_value(out, without_query(record.path.view()));
  out += ' ';
  append_number(out, static_cast<std::uint64_t>(std::max<std::int16_t>(record.status, 0)));
  out += ' ';
  append_milliseconds(out, record.duration);
  out += "ms";
  append_field(out, "route", names.route(record.route));
  append_field(out, "backend", names.backend(record.backend));
  append_field(out, "model", record.model.view());
  append_field(out, "key", names.key(record.key));
  out += " attempts=";
  append_number(out, record.attempts);
  append_field(out, "failures", record.failures.view());
  append_field(out, "error", record.error_set ? name(record.error) : std::string_view());
  append_field(out, "detail", record.detail.view());
  if (record.first_byte.count() >= 0) {
    out += " first_byte=";
    append_milliseconds(out, record.first_byte);
    out += "ms";
  }
  out += " bytes_in=";
  append_number(out, record.bytes_in);
  out += " bytes_out=";
  append_number(out, record.bytes_out);
  if (record.streamed) out += " stream=true";
  if (record.truncated) out += " truncated=true";
  append_field(out, "request_id", record.request_id.view());
  out += '\n';
}

}  // namespace

void append_access_line(std::string& out, Record const& record, Names const& names, config::LogFormat format) {
  if (format == config::LogFormat::json) {
    append_json(out, record, names);
  } else {
    append_text(out, record, names);
  }
}

}  // namespace inferway::telemetry
