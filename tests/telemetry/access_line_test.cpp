#include "access_line.hpp"

#include "access_line_reference.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <array>
#include <limits>
#include <random>

namespace inferway::telemetry {
namespace {

using config::LogFormat;
using std::chrono::microseconds;
using std::chrono::milliseconds;

config::Config one_route() {
  config::Config config;
  config.routes.emplace_back().name = "chat";
  config.backends.emplace_back().name = "llama";
  config.keys.static_keys.emplace_back().name = "team-a";
  return config;
}

/// 2026-02-28T23:59:59.042Z
Record whole_record() {
  Record record;
  record.started = std::chrono::system_clock::time_point(std::chrono::sys_days(std::chrono::year(2026) / 2 / 28)) +
                   std::chrono::hours(23) + std::chrono::minutes(59) + std::chrono::seconds(59) + milliseconds(42);
  record.duration = microseconds(1'234'567);
  record.first_byte = microseconds(8'009);
  record.route = 0;
  record.backend = 0;
  record.key = 0;
  record.status = 200;
  record.attempts = 2;
  record.streamed = true;
  record.bytes_in = 17;
  record.bytes_out = 4'000;
  record.method.assign("POST");
  record.path.assign("/v1/chat/completions");
  record.model.assign("llama-3");
  record.request_id.assign("abc-1");
  record.client.assign("127.0.0.1");
  return record;
}

std::string line_of(Record const& record, LogFormat format) {
  std::string line;
  Names const names(one_route());
  append_access_line(line, record, names.of(record), format);
  return line;
}

TEST(AccessLine, is_one_json_object_with_every_key) {
  EXPECT_EQ(
      line_of(whole_record(), LogFormat::json),
      R"({"time":"2026-02-28T23:59:59.042Z","method":"POST","path":"/v1/chat/completions","route":"chat",)"
      R"("backend":"llama","model":"llama-3","key":"team-a","status":200,"attempts":2,"failures":null,"error":null,)"
      R"("detail":null,)"
      R"("duration_ms":1234.567,"first_byte_ms":8.009,"bytes_in":17,"bytes_out":4000,"stream":true,)"
      R"("truncated":false,"client":"127.0.0.1","request_id":"abc-1"})"
      "\n");
}

TEST(AccessLine, says_null_where_there_was_nothing) {
  Record record;
  record.status = 404;
  record.error_set = true;
  record.error = ErrorCode::route_not_found;
  auto const line = nlohmann::json::parse(line_of(record, LogFormat::json));
  for (auto const* key : {"route", "backend", "model", "key", "detail", "first_byte_ms", "client", "request_id"}) {
    EXPECT_TRUE(line.at(key).is_null()) << key;
  }
  EXPECT_EQ(line.at("error"), "route_not_found");
  EXPECT_EQ(line.at("time"), "1970-01-01T00:00:00.000Z");
}

TEST(AccessLine, as_text_reads_from_left_to_right) {
  EXPECT_EQ(line_of(whole_record(), LogFormat::text),
            "2026-02-28T23:59:59.042Z 127.0.0.1 POST /v1/chat/completions 200 1234.567ms route=chat backend=llama "
            "model=llama-3 key=team-a attempts=2 first_byte=8.009ms bytes_in=17 bytes_out=4000 stream=true "
            "request_id=abc-1\n");
}

TEST(AccessLine, as_text_tells_what_went_wrong) {
  auto record = whole_record();
  record.status = 502;
  record.error_set = true;
  record.error = ErrorCode::connect_failed;
  record.detail.assign("backend llama: refused");
  record.truncated = true;
  auto const line = line_of(record, LogFormat::text);
  EXPECT_NE(line.find(R"( error=connect_failed detail="backend llama: refused")"), std::string::npos) << line;
  EXPECT_NE(line.find(" truncated=true"), std::string::npos) << line;
}

class AccessLineEscapes : public testing::TestWithParam<LogFormat> {};

TEST_P(AccessLineEscapes, what_a_client_sent_forges_neither_line_nor_field) {
  auto record = whole_record();
  record.path.assign("/a\nb\" status=200");
  record.model.assign("m\r\n{\"status\":1}");
  record.request_id.assign("\xFF\x01");
  auto const line = line_of(record, GetParam());
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(line.find('\r'), std::string::npos);
  if (GetParam() == LogFormat::json) {
    auto const parsed = nlohmann::json::parse(line);
    EXPECT_EQ(parsed.at("path"), "/a\nb\" status=200");
    EXPECT_EQ(parsed.at("model"), "m\r\n{\"status\":1}");
    EXPECT_EQ(parsed.at("status"), 200);
  } else {
    EXPECT_NE(line.find(R"( "/a\nb\" status=200" )"), std::string::npos) << line;
  }
}

TEST_P(AccessLineEscapes, never_holds_a_query) {
  auto record = whole_record();
  record.path.assign("/v1beta/models/m:generateContent?key=secret");
  EXPECT_EQ(line_of(record, GetParam()).find("secret"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Formats, AccessLineEscapes, testing::Values(LogFormat::json, LogFormat::text),
                         [](auto const& row) { return row.param == LogFormat::json ? "json" : "text"; });

constexpr std::uint64_t kNumbers[] = {0,
                                      1,
                                      9,
                                      10,
                                      99,
                                      100,
                                      101,
                                      999,
                                      1'000,
                                      9'999,
                                      10'000,
                                      9'999'999,
                                      10'000'000,
                                      999'999'999'999,
                                      std::numeric_limits<std::uint64_t>::max()};

void expect_like_the_reference(Record const& record, Names const& names) {
  ReferenceLine const reference(record, names);
  for (auto const format : {LogFormat::json, LogFormat::text}) {
    std::string lines = "before\n";
    append_access_line(lines, record, names.of(record), format);
    ASSERT_EQ(lines, "before\n" + (format == LogFormat::json ? reference.json() : reference.text()));
  }
}

TEST(AccessLine, writes_numbers_of_every_length) {
  Names const names(one_route());
  for (auto const number : kNumbers) {
    auto record = whole_record();
    record.bytes_in = number;
    record.bytes_out = number / 2 + 1;
    record.attempts = static_cast<std::uint16_t>(number);
    record.status = static_cast<std::int16_t>(number);
    record.duration = std::chrono::nanoseconds(static_cast<std::int64_t>(number));
    record.first_byte = std::chrono::nanoseconds(static_cast<std::int64_t>(number / 2));
    expect_like_the_reference(record, names);
  }
}

TEST(AccessLine, writes_every_time) {
  Names const names(one_route());
  auto record = whole_record();
  constexpr std::int64_t kSeconds[] = {
      0, 59, 60, 3'599, 86'399, 86'400, 951'782'399, 951'868'800, 1'735'689'599, 1'735'689'600, 4'102'444'800, -1};
  for (auto const seconds : kSeconds) {
    for (auto const ms : {0, 1, 99, 100, 999, 0}) {
      record.started = std::chrono::system_clock::time_point(std::chrono::seconds(seconds) + milliseconds(ms));
      expect_like_the_reference(record, names);
    }
  }
}

/// Texts of every size about the steps in which they are read and the bounds at which they are cut, with what has to be
/// escaped at every place.
TEST(AccessLine, escapes_every_byte_at_every_place) {
  Names const names(one_route());
  for (std::size_t size = 0; size <= 72; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (auto const* piece : {"a", "\"", "\\", "\n", "\x1F", " ", "=", "\x7F", "\x80", "\xC3\xA9", "\xE2\x82", "?"}) {
        std::string text(size, 'x');
        text.replace(at, 1, piece);
        auto record = whole_record();
        record.path.assign(text);
        record.model.assign(text);
        record.client.assign(text);
        expect_like_the_reference(record, names);
      }
    }
  }
}

TEST(AccessLine, has_room_for_the_longest_line) {
  config::Config config;
  config.routes.emplace_back().name = std::string(2'000, '\x01');
  config.backends.emplace_back().name = std::string(2'000, '\xFF');
  Names const names(config);
  std::string const worst(500, '\x02');
  auto record = whole_record();
  for (auto* const number : {&record.bytes_in, &record.bytes_out}) *number = std::numeric_limits<std::uint64_t>::max();
  record.duration = record.first_byte = std::chrono::nanoseconds::max();
  record.attempts = std::numeric_limits<std::uint16_t>::max();
  record.status = std::numeric_limits<std::int16_t>::max();
  record.truncated = record.error_set = true;
  record.method.assign(worst);
  record.path.assign(worst);
  record.model.assign(worst);
  record.request_id.assign(worst);
  record.client.assign(worst);
  record.detail.assign(worst);
  record.failures.assign(worst);
  for (std::size_t code = 0; code < kErrorCodeCount; ++code) {
    record.error = static_cast<ErrorCode>(code);
    expect_like_the_reference(record, names);
  }
}

TEST(AccessLine, is_like_the_reference_for_any_record) {
  Names const names(one_route());
  std::mt19937 random(7);
  auto const text = [&] {
    static constexpr std::string_view kAlphabet = "abcdefgh-./:0123456789\"\\\n\x01\x7F\x80\xC3\xA9\xE2\x82\xAC =?";
    std::string out(random() % (random() % 4 == 0 ? 450 : 60), ' ');
    auto const letters = random() % 3 == 0 ? kAlphabet.size() : 20;
    for (auto& c : out) c = kAlphabet[random() % letters];
    return out;
  };
  for (int round = 0; round < 5'000; ++round) {
    Record record;
    record.started = std::chrono::system_clock::time_point(std::chrono::microseconds(random()) * 1'000);
    record.duration = std::chrono::nanoseconds(random()) - milliseconds(100);
    record.first_byte = std::chrono::nanoseconds(random()) - milliseconds(2'000);
    record.route = random() % 2;
    record.backend = random() % 2;
    record.key = random() % 2;
    record.status = static_cast<std::int16_t>(random());
    record.attempts = static_cast<std::uint16_t>(random());
    record.error_set = random() % 2 == 0;
    record.error = static_cast<ErrorCode>(random() % kErrorCodeCount);
    record.streamed = random() % 2 == 0;
    record.truncated = random() % 2 == 0;
    record.bytes_in = random();
    record.bytes_out = (std::uint64_t{random()} << 32U) | random();
    record.method.assign(text());
    record.path.assign(text());
    record.model.assign(text());
    record.request_id.assign(text());
    record.client.assign(text());
    record.detail.assign(text());
    record.failures.assign(text());
    expect_like_the_reference(record, names);
  }
}

}  // namespace
}  // namespace inferway::telemetry
