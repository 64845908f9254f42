#include "inferway/http/answer.hpp"

#include <gtest/gtest.h>

#include <set>

namespace inferway::http {
namespace {

ErrorCode code(std::size_t index) { return static_cast<ErrorCode>(index); }

struct AnswerRow {
  ErrorCode code;
  int status;
  std::string_view type;
};
constexpr AnswerRow kAnswerRows[] = {
    {ErrorCode::bad_request, 400, "invalid_request_error"},
    {ErrorCode::invalid_json, 400, "invalid_request_error"},
    {ErrorCode::ambiguous_model, 400, "invalid_request_error"},
    {ErrorCode::invalid_model, 400, "invalid_request_error"},
    {ErrorCode::missing_api_key, 401, "authentication_error"},
    {ErrorCode::invalid_api_key, 401, "authentication_error"},
    {ErrorCode::model_not_allowed, 403, "permission_error"},
    {ErrorCode::address_not_allowed, 403, "permission_error"},
    {ErrorCode::route_not_found, 404, "invalid_request_error"},
    {ErrorCode::model_not_found, 404, "invalid_request_error"},
    {ErrorCode::method_not_allowed, 405, "invalid_request_error"},
    {ErrorCode::request_timeout, 408, "invalid_request_error"},
    {ErrorCode::client_stalled, 408, "invalid_request_error"},
    {ErrorCode::body_too_large, 413, "invalid_request_error"},
    {ErrorCode::unsupported_encoding, 415, "invalid_request_error"},
    {ErrorCode::expectation_failed, 417, "invalid_request_error"},
    {ErrorCode::upgrade_required, 426, "invalid_request_error"},
    {ErrorCode::too_many_connections, 429, "rate_limit_error"},
    {ErrorCode::rate_limit_exceeded, 429, "rate_limit_error"},
    {ErrorCode::token_limit_exceeded, 429, "rate_limit_error"},
    {ErrorCode::budget_exceeded, 429, "rate_limit_error"},
    {ErrorCode::header_too_large, 431, "invalid_request_error"},
    {ErrorCode::client_gone, 499, "invalid_request_error"},
    {ErrorCode::internal, 500, "server_error"},
    {ErrorCode::connect_failed, 502, "upstream_error"},
    {ErrorCode::upstream_closed, 502, "upstream_error"},
    {ErrorCode::bad_response, 502, "upstream_error"},
    {ErrorCode::no_healthy_endpoint, 503, "overloaded_error"},
    {ErrorCode::queue_full, 503, "overloaded_error"},
    {ErrorCode::queue_timeout, 503, "overloaded_error"},
    {ErrorCode::overloaded, 503, "overloaded_error"},
    {ErrorCode::draining, 503, "overloaded_error"},
    {ErrorCode::connect_timeout, 504, "timeout_error"},
    {ErrorCode::first_byte_timeout, 504, "timeout_error"},
    {ErrorCode::idle_timeout, 504, "timeout_error"},
    {ErrorCode::total_timeout, 504, "timeout_error"},
    {ErrorCode::unsupported_version, 505, "invalid_request_error"},
};
class AnswerTest : public testing::TestWithParam<AnswerRow> {};

TEST_P(AnswerTest, has_the_status_and_type_of_its_code) {
  auto const kind = answer_kind(GetParam().code);
  EXPECT_EQ(kind.status, GetParam().status);
  EXPECT_EQ(kind.type, GetParam().type);
  EXPECT_EQ(kind.retry_after, kind.status == 429 || kind.status == 503);
}
INSTANTIATE_TEST_SUITE_P(Rows, AnswerTest, testing::ValuesIn(kAnswerRows),
                         [](auto const& row) { return std::string(name(row.param.code)); });

TEST(AnswerTest, is_tested_for_every_code) {
  std::set<ErrorCode> rows;
  for (auto const& row : kAnswerRows) rows.insert(row.code);
  EXPECT_EQ(rows.size(), kErrorCodeCount);
}

TEST(ReasonPhraseTest, is_known_for_every_status_the_gateway_answers_with) {
  for (std::size_t i = 0; i < kErrorCodeCount; ++i) {
    auto const status = answer_kind(code(i)).status;
    if (status != 499) {  // no answer: the client is gone
      EXPECT_NE(reason_phrase(status), "") << status;
    }
  }
  EXPECT_EQ(reason_phrase(200), "OK");
  EXPECT_EQ(reason_phrase(299), "");
}

}  // namespace
}  // namespace inferway::http
