#include "access_line.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

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
  append_access_line(line, record, Names(one_route()), format);
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

}  // namespace
}  // namespace inferway::telemetry
