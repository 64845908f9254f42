#include "inferway/upstream/endpoint_report.hpp"

#include "backends.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace inferway::upstream {
namespace {

using balance::AdminState;
using std::chrono::seconds;

Moment const kNow{.steady = TimePoint(seconds(1'000'000)),
                  .system = std::chrono::system_clock::time_point(seconds(1'800'000'000))};

TEST(EndpointReportTest, tells_what_an_operator_wants_to_know) {
  OneBackend backend(2);
  backend.fail(1, 5, kNow.steady);
  backend.state.endpoints[0]->inflight = 3;
  auto const json = nlohmann::json::parse(to_json(report(backend.directory, kNow)));
  ASSERT_EQ(json["backends"].size(), 1U);
  auto const& main = json["backends"][0];
  EXPECT_EQ(main["name"], "main");
  EXPECT_EQ(main["api"], "openai");
  EXPECT_EQ(main["checked"], false);
  ASSERT_EQ(main["endpoints"].size(), 2U);
  auto const& first = main["endpoints"][0];
  EXPECT_EQ(first["url"], "http://127.0.0.1:1");
  EXPECT_EQ(first["state"], "up");
  EXPECT_TRUE(first["reason"].is_null());
  EXPECT_TRUE(first["until"].is_null());
  EXPECT_EQ(first["in_flight"], 3);
  auto const& second = main["endpoints"][1];
  EXPECT_EQ(second["state"], "ejected");
  EXPECT_EQ(second["reason"], "5 failures in a row, the last one: 5xx");
  EXPECT_EQ(second["until"], "2027-01-15T08:00:30.000Z");
  EXPECT_EQ(second["ejections"], 1);
  EXPECT_EQ(second["admin"], "enabled");
}

TEST(EndpointReportTest, knows_what_time_has_changed_before_anybody_noticed) {
  OneBackend backend(2);
  backend.fail(1, 5, kNow.steady);
  auto const later = report(backend.state, {.steady = kNow.steady + seconds(45), .system = kNow.system + seconds(45)});
  EXPECT_EQ(later.endpoints[1].standing, balance::Standing::starting);
  EXPECT_EQ(later.endpoints[1].share, 55U);
  EXPECT_EQ(later.endpoints[1].reason, "it was ejected");
}

struct AdminRow {
  char const* backend;
  char const* endpoint;
  AdminOutcome want;
};
constexpr AdminRow kAdminRows[] = {
    {"main", "1", AdminOutcome::done},
    {"main", "http://127.0.0.2:1", AdminOutcome::done},
    {"main", "2", AdminOutcome::no_such_endpoint},
    {"main", "-1", AdminOutcome::no_such_endpoint},
    {"main", "http://127.0.0.3:1", AdminOutcome::no_such_endpoint},
    {"main", "", AdminOutcome::no_such_endpoint},
    {"other", "0", AdminOutcome::no_such_backend},
};

TEST(AdminStateTest, is_set_by_place_or_url) {
  for (auto const& row : kAdminRows) {
    OneBackend backend(2);
    auto const set = [&](AdminState state) {
      return set_admin_state(backend.directory, row.backend, row.endpoint, state, kNow.steady);
    };
    EXPECT_EQ(set(AdminState::drained), row.want) << row.endpoint;
    if (row.want != AdminOutcome::done) continue;
    EXPECT_EQ(set(AdminState::drained), AdminOutcome::unchanged);
    EXPECT_EQ(report(backend.state, kNow).endpoints[1].standing, balance::Standing::drained);
    EXPECT_EQ(set(AdminState::disabled), AdminOutcome::done);
    EXPECT_EQ(set(AdminState::enabled), AdminOutcome::done);
    EXPECT_EQ(report(backend.state, kNow).endpoints[1].standing, balance::Standing::starting);
  }
}

TEST(EndpointMetricsTest, show_one_state_of_each_endpoint) {
  OneBackend backend(2);
  backend.fail(1, 5, kNow.steady);
  auto const text = telemetry::endpoint_metrics(to_metrics(report(backend.directory, kNow)));
  auto const has = [&](std::string const& line) { return text.find("\n" + line + "\n") != std::string::npos; };
  std::string const second = R"({backend="main",endpoint="http://127.0.0.2:1")";
  EXPECT_TRUE(has("inferway_endpoint_state" + second + R"(,state="ejected"} 1)")) << text;
  EXPECT_TRUE(has("inferway_endpoint_state" + second + R"(,state="up"} 0)"));
  EXPECT_TRUE(has("inferway_endpoint_ejections_total" + second + "} 1"));
  EXPECT_TRUE(has("inferway_endpoint_checks_total" + second + R"(,result="failed"} 0)"));
  EXPECT_TRUE(has(R"(inferway_backend_panics_total{backend="main"} 0)"));
}

}  // namespace
}  // namespace inferway::upstream
