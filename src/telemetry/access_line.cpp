#include "access_line.hpp"

#include "inferway/base/assert.hpp"
#include "inferway/base/text.hpp"
#include "line_writer.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace inferway::telemetry {

namespace {

/// What a line takes at most: the keys, the numbers and the error's name, then the texts.
constexpr std::size_t kMostWithoutTexts = 768;
constexpr std::size_t kMostWithoutNames =
    kMostWithoutTexts + kMostEscaped * (decltype(Record::method)::kCapacity + decltype(Record::path)::kCapacity +
                                        decltype(Record::model)::kCapacity + decltype(Record::request_id)::kCapacity +
                                        decltype(Record::client)::kCapacity + decltype(Record::detail)::kCapacity +
                                        decltype(Record::failures)::kCapacity);
static_assert(kMostWithoutNames + 1'024 <= kUsualLineRoom);

std::size_t most_bytes(Names::Named const& names) {
  return kMostWithoutNames + kMostEscaped * (names.route.size() + names.backend.size() + names.key.size());
}

/// 2026-01-02T03:04:05
class SecondText {
 public:
  using Text = std::array<char, 19>;
  [[nodiscard]] Text const& of(std::chrono::sys_seconds second) {
    if (second != second_) write(second);
    return text_;
  }

 private:
  void write(std::chrono::sys_seconds second) {
    auto const day = std::chrono::floor<std::chrono::days>(second);
    std::chrono::year_month_day const date(day);
    std::chrono::hh_mm_ss const clock(second - day);
    LineWriter out(text_.data());
    auto const year = static_cast<std::uint64_t>(static_cast<int>(date.year()));
    out.two_digits(year / 100);
    out.two_digits(year % 100);
    out.literal("-");
    out.two_digits(static_cast<unsigned>(date.month()));
    out.literal("-");
    out.two_digits(static_cast<unsigned>(date.day()));
    out.literal("T");
    out.two_digits(static_cast<std::uint64_t>(clock.hours().count()));
    out.literal(":");
    out.two_digits(static_cast<std::uint64_t>(clock.minutes().count()));
    out.literal(":");
    out.two_digits(static_cast<std::uint64_t>(clock.seconds().count()));
    second_ = second;
  }

  std::chrono::sys_seconds second_ = std::chrono::sys_seconds::min();
  Text text_;
};

/// 2026-01-02T03:04:05.678Z
void write_time(LineWriter& out, std::chrono::system_clock::time_point time) {
  static thread_local SecondText latest;  // of thousands of lines a second only the first writes it
  auto const second = std::chrono::floor<std::chrono::seconds>(time);
  out.fixed(latest.of(second));
  out.literal(".");
  out.three_digits(static_cast<std::uint64_t>(std::chrono::floor<std::chrono::milliseconds>(time - second).count()));
  out.literal("Z");
}

/// What stands behind '?' may be a key; the path should not have it, and never gets into a line.
std::string_view without_query(std::string_view path) { return path.substr(0, path.find('?')); }

std::uint64_t status_of(Record const& record) {
  return static_cast<std::uint64_t>(std::max<std::int16_t>(record.status, 0));
}

std::string_view error_of(Record const& record) { return record.error_set ? name(record.error) : std::string_view(); }

void write_or_null(LineWriter& out, std::string_view text) {
  if (text.empty()) {
    out.literal("null");
  } else {
    out.quoted(text);
  }
}

void write_bool(LineWriter& out, bool value) {
  if (value) {
    out.literal("true");
  } else {
    out.literal("false");
  }
}

void write_json(LineWriter& out, Record const& record, Names::Named const& names) {
  out.literal(R"({"time":")");
  write_time(out, record.started);
  out.literal(R"(","method":)");
  out.quoted(record.method.view());
  out.literal(R"(,"path":)");
  out.quoted(without_query(record.path.view()));
  out.literal(R"(,"route":)");
  write_or_null(out, names.route);
  out.literal(R"(,"backend":)");
  write_or_null(out, names.backend);
  out.literal(R"(,"model":)");
  write_or_null(out, record.model.view());
  out.literal(R"(,"key":)");
  write_or_null(out, names.key);
  out.literal(R"(,"status":)");
  out.number(status_of(record));
  out.literal(R"(,"attempts":)");
  out.number(record.attempts);
  if (record.failures.view().empty() && !record.error_set && record.detail.view().empty()) {  // as nearly always
    out.literal(R"(,"failures":null,"error":null,"detail":null)");
  } else {
    out.literal(R"(,"failures":)");
    write_or_null(out, record.failures.view());
    out.literal(R"(,"error":)");
    write_or_null(out, error_of(record));
    out.literal(R"(,"detail":)");
    write_or_null(out, record.detail.view());
  }
  out.literal(R"(,"duration_ms":)");
  out.milliseconds(record.duration);
  out.literal(R"(,"first_byte_ms":)");
  if (record.first_byte.count() < 0) {
    out.literal("null");
  } else {
    out.milliseconds(record.first_byte);
  }
  out.literal(R"(,"bytes_in":)");
  out.number(record.bytes_in);
  out.literal(R"(,"bytes_out":)");
  out.number(record.bytes_out);
  out.literal(R"(,"stream":)");
  write_bool(out, record.streamed);
  out.literal(R"(,"truncated":)");
  write_bool(out, record.truncated);
  out.literal(R"(,"client":)");
  write_or_null(out, record.client.view());
  out.literal(R"(,"request_id":)");
  write_or_null(out, record.request_id.view());
  out.literal("}\n");
}

/// A value of a text line: quoted when a reader that splits at spaces would misread it.
void write_value(LineWriter& out, std::string_view text) {
  auto const plain = [](char c) { return c > ' ' && c < 0x7F && c != '"' && c != '\\' && c != '='; };
  if (!text.empty() && std::ranges::all_of(text, plain)) {
    out.raw(text);
  } else {
    out.quoted(text);
  }
}

template <std::size_t Size>
void write_field(LineWriter& out, char const (&key)[Size], std::string_view text) {
  if (text.empty()) return;
  out.literal(key);
  write_value(out, text);
}

void write_text(LineWriter& out, Record const& record, Names::Named const& names) {
  write_time(out, record.started);
  out.literal(" ");
  write_value(out, record.client.view());
  out.literal(" ");
  write_value(out, record.method.view());
  out.literal(" ");
  write_value(out, without_query(record.path.view()));
  out.literal(" ");
  out.number(status_of(record));
  out.literal(" ");
  out.milliseconds(record.duration);
  out.literal("ms");
  write_field(out, " route=", names.route);
  write_field(out, " backend=", names.backend);
  write_field(out, " model=", record.model.view());
  write_field(out, " key=", names.key);
  out.literal(" attempts=");
  out.number(record.attempts);
  write_field(out, " failures=", record.failures.view());
  write_field(out, " error=", error_of(record));
  write_field(out, " detail=", record.detail.view());
  if (record.first_byte.count() >= 0) {
    out.literal(" first_byte=");
    out.milliseconds(record.first_byte);
    out.literal("ms");
  }
  out.literal(" bytes_in=");
  out.number(record.bytes_in);
  out.literal(" bytes_out=");
  out.number(record.bytes_out);
  if (record.streamed) out.literal(" stream=true");
  if (record.truncated) out.literal(" truncated=true");
  write_field(out, " request_id=", record.request_id.view());
  out.literal("\n");
}

}  // namespace

void append_access_line(std::string& out, Record const& record, Names::Named const& names, config::LogFormat format) {
  auto const before = out.size();
  auto const room = most_bytes(names);
  out.resize_and_overwrite(before + room, [&](char* text, std::size_t) {
    LineWriter line(text + before);
    if (format == config::LogFormat::json) {
      write_json(line, record, names);
    } else {
      write_text(line, record, names);
    }
    auto const written = static_cast<std::size_t>(line.end() - text) - before;
    INFERWAY_ASSERT(written <= room);
    return before + written;
  });
}

}  // namespace inferway::telemetry
