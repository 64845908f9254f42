#include "inferway/proxy/decision.hpp"

#include "inferway/config/loader.hpp"

#include <gtest/gtest.h>

namespace inferway::proxy {
namespace {

constexpr std::string_view kConfiguration = R"(limits: {body_bytes: 100B}
backends: {b: {endpoints: [http://127.0.0.1:1]}}
routes:
  - match: {path: /v1/*, model: m*}
    to: [{backend: b, model: new name}, {backend: b}]
  - match: {path: /v1beta/models/*, model: m*}
    to: [{backend: b, model: a/b}, {backend: b}]
    rewrite: /x/{path}
  - match: {path: /free}
    to: [{backend: b}]
)";

/// A request for that configuration, decided about step by step.
class Case {
 public:
  explicit Case(std::string_view line, std::string_view fields = "")
      : bytes_(std::string(line) + " HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n"),
        head_(parsed(bytes_)),
        compiled(std::move(*config::load_text(kConfiguration, "test.yaml").config)),
        decision(compiled, head_) {}

  /// Through all steps up to the route, with that body: its index, or the error's name.
  std::string route(std::optional<std::string_view> body = {}) {
    auto const failed = [](Error const& error) { return std::string(name(error.code)); };
    if (auto const checked = decision.check(); !checked) return failed(checked.error());
    if (decision.model_decides()) {
      auto scanner = decision.look_for_model(body.has_value());
      if (!scanner) return failed(scanner.error());
      EXPECT_EQ(scanner->has_value(), body.has_value() && decision.model_place() != ModelPlace::path);
      if (*scanner) {
        for (auto const byte : *body) (*scanner)->feed({&byte, 1});
        auto model = (*scanner)->finish();
        if (!model) return failed(model.error());
        if (auto const found = decision.found(std::move(*model)); !found) return failed(found.error());
      }
    }
    auto const matched = decision.match();
    if (!matched) return failed(matched.error());
    EXPECT_EQ(*matched, decision.route());
    return std::to_string(*matched);
  }

  std::string upstream_target() const {
    std::string out(decision.upstream_path());
    if (decision.has_upstream_query()) out.append("?").append(decision.upstream_query());
    return out;
  }

 private:
  static http::RequestHead parsed(std::string_view bytes) {
    http::RequestHead head;
    EXPECT_TRUE(head.parse(bytes, {}).has_value());
    return head;
  }

  std::string bytes_;
  http::RequestHead head_;

 public:
  CompiledConfig compiled;
  Decision decision;
};

struct Row {
  char const* name;
  std::string_view line;
  std::string_view fields;
  std::optional<std::string_view> body;
  std::string want;
  ModelPlace place;
};
Row const kRows[] = {
    {"json", "POST /v1/a", "", R"({"model":"m"})", "0", ModelPlace::json},
    {"form", "POST /v1/a", "Content-Type: multipart/form-data; boundary=b\r\n",
     "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm1\r\n--b--", "0", ModelPlace::form},
    {"query", "GET /v1/a?model=m", "", {}, "0", ModelPlace::query},
    {"path", "POST /v1beta/models/m:x", "", "{}", "1", ModelPlace::path},
    {"none_looked_for", "GET /free?model=m", "", {}, "2", ModelPlace::none},
    {"normalised", "GET //free/.", "", {}, "route_not_found", ModelPlace::none},
    {"whole_server", "OPTIONS *", "", {}, "route_not_found", ModelPlace::none},
    {"broken_path", "GET /%zz", "", {}, "bad_request", ModelPlace::none},
    {"announced_too_large", "POST /free", "Content-Length: 101\r\n", {}, "body_too_large", ModelPlace::none},
    {"no_body", "POST /v1/a", "", {}, "invalid_json", ModelPlace::none},
    {"no_body_in_a_get", "GET /v1/a", "", {}, "model_not_found", ModelPlace::none},
    {"query_for_a_post", "POST /v1/a?model=m", "", {}, "0", ModelPlace::query},
    {"control_in_the_query", "GET /v1/a?model=m%01", "", {}, "invalid_model", ModelPlace::query},
    {"compressed", "POST /v1/a", "Content-Encoding: br\r\n", "x", "unsupported_encoding", ModelPlace::none},
    {"not_compressed", "POST /v1/a", "Content-Encoding: identity\r\n", R"({"model":"m"})", "0", ModelPlace::json},
    {"other_model", "POST /v1/a", "", R"({"model":"x"})", "model_not_found", ModelPlace::json},
    {"no_boundary", "POST /v1/a", "Content-Type: multipart/form-data\r\n", "x", "bad_request", ModelPlace::none},
};
class DecisionTest : public testing::TestWithParam<Row> {};

TEST_P(DecisionTest, comes_to_a_route_or_an_error) {
  auto const& row = GetParam();
  Case asked(row.line, row.fields);
  EXPECT_EQ(asked.route(row.body), row.want);
  EXPECT_EQ(asked.decision.model_place(), row.place);
}
INSTANTIATE_TEST_SUITE_P(Rows, DecisionTest, testing::ValuesIn(kRows),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(DecisionSettleTest, replaces_the_model_in_the_body) {
  Case asked("POST /v1/a?x");
  ASSERT_EQ(asked.route(R"({"a":1,"model":"m"})"), "0");
  auto const splice = asked.decision.settle(asked.compiled.plans[0].to[0]);
  ASSERT_TRUE(splice.has_value());
  EXPECT_EQ(splice->offset, 15U);
  EXPECT_EQ(splice->length, 3U);
  EXPECT_EQ(splice->value, "\"new name\"");
  EXPECT_EQ(asked.upstream_target(), "/v1/a?x");
}

TEST(DecisionSettleTest, leaves_nothing_of_an_earlier_choice) {
  Case query("GET /v1/a?model=m&b=1");
  ASSERT_EQ(query.route(), "0");
  EXPECT_FALSE(query.decision.settle(query.compiled.plans[0].to[0]));
  EXPECT_EQ(query.upstream_target(), "/v1/a?b=1&model=new%20name");
  EXPECT_FALSE(query.decision.settle(query.compiled.plans[0].to[1]));
  EXPECT_EQ(query.upstream_target(), "/v1/a?model=m&b=1");

  Case path("POST /v1beta/models/m:go?key=k&alt=sse");
  ASSERT_EQ(path.route("{}"), "1");
  for (int round = 0; round < 2; ++round) {
    EXPECT_FALSE(path.decision.settle(path.compiled.plans[1].to[0]));
    EXPECT_EQ(path.upstream_target(), "/x/a%2Fb:go?alt=sse");
    EXPECT_FALSE(path.decision.settle(path.compiled.plans[1].to[1]));
    EXPECT_EQ(path.upstream_target(), "/x/m:go?alt=sse");
  }
}

TEST(DecisionSettleTest, a_query_of_keys_alone_leaves_none) {
  Case asked("POST /v1beta/models/m:go?key=k");
  ASSERT_EQ(asked.route("{}"), "1");
  EXPECT_FALSE(asked.decision.settle(asked.compiled.plans[1].to[1]));
  EXPECT_EQ(asked.upstream_target(), "/x/m:go");
}

struct FramingRow {
  char const* name;
  std::string_view fields;
  std::optional<std::uint64_t> whole;
  bool chunked;
  std::optional<std::uint64_t> length;
};
FramingRow const kFramings[] = {
    {"none", "", {}, false, {}},
    {"length", "Content-Length: 7\r\n", {}, false, 7},
    {"chunked", "Transfer-Encoding: chunked\r\n", {}, true, {}},
    {"read_whole", "Content-Length: 7\r\n", 9, false, 9},
    {"chunks_read_whole", "Transfer-Encoding: chunked\r\n", 9, false, 9},
};
class UpstreamFramingTest : public testing::TestWithParam<FramingRow> {};

TEST_P(UpstreamFramingTest, is_the_clients_until_the_body_was_read) {
  auto const& row = GetParam();
  Case const asked("POST /free", row.fields);
  auto const framing = asked.decision.upstream_framing(row.whole);
  EXPECT_EQ(framing.chunked, row.chunked);
  EXPECT_EQ(framing.length, row.length);
}
INSTANTIATE_TEST_SUITE_P(Rows, UpstreamFramingTest, testing::ValuesIn(kFramings),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(ClientRequestIdTest, is_taken_where_it_is_harmless) {
  auto const id = [](std::string const& value) {
    http::RequestHead head;
    head.add({.name = "X-Request-Id", .value = value, .id = http::FieldId::x_request_id});
    return client_request_id(head).has_value();
  };
  EXPECT_TRUE(id("aZ0._-"));
  EXPECT_TRUE(id(std::string(128, 'a')));
  EXPECT_FALSE(id(std::string(129, 'a')));
  EXPECT_FALSE(id(""));
  EXPECT_FALSE(id("a b"));
  EXPECT_FALSE(id("a\"b"));
  EXPECT_FALSE(client_request_id(http::RequestHead()));
}

}  // namespace
}  // namespace inferway::proxy
