#include "inferway/telemetry/telemetry.hpp"

#include "scratch_directory.hpp"

#include <gtest/gtest.h>

#include <set>
#include <thread>

namespace inferway::telemetry {
namespace {

config::Config two_routes(std::string access = "off") {
  config::Config config;
  config.routes.emplace_back().name = "chat";
  config.routes.emplace_back().name = "models";
  config.backends.emplace_back().name = "llama";
  config.backends.emplace_back().name = "cloud";
  config.log.access = std::move(access);
  return config;
}

Record answered(std::uint32_t route, std::uint32_t backend, std::int16_t status) {
  Record record;
  record.route = route;
  record.backend = backend;
  record.status = status;
  record.duration = std::chrono::milliseconds(30);
  record.first_byte = std::chrono::milliseconds(4);
  record.bytes_in = 10;
  record.bytes_out = 20;
  return record;
}

bool has_line(std::string const& text, std::string const& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(Telemetry, adds_the_workers_up) {
  Telemetry telemetry(two_routes(), 2);
  telemetry.shard(0).finish(answered(0, 1, 200));
  telemetry.shard(1).finish(answered(0, 1, 200));
  telemetry.shard(1).finish(answered(1, 0, 503));
  telemetry.shard(0).requests_inflight.add(3);
  telemetry.shard(1).requests_inflight.add(1);
  auto const text = telemetry.prometheus();
  for (auto const* line :
       {R"(inferway_requests_total{route="chat",backend="cloud",status="200"} 2)",
        R"(inferway_requests_total{route="models",backend="llama",status="503"} 1)",
        R"(inferway_request_bytes_total{route="chat",backend="cloud"} 20)",
        R"(inferway_response_bytes_total{route="chat",backend="cloud"} 40)",
        R"(inferway_request_duration_seconds_bucket{route="chat",backend="cloud",le="0.02"} 0)",
        R"(inferway_request_duration_seconds_bucket{route="chat",backend="cloud",le="0.05"} 2)",
        R"(inferway_request_duration_seconds_sum{route="chat",backend="cloud"} 0.060000000)",
        R"(inferway_first_byte_seconds_count{route="chat",backend="cloud"} 2)", "inferway_requests_in_flight 4"}) {
    EXPECT_TRUE(has_line(text, line)) << line << "\n" << text;
  }
}

TEST(Telemetry, counts_what_was_shed_by_route_and_priority) {
  Telemetry telemetry(two_routes(), 2);
  auto record = answered(1, kNoIndex, 503);
  record.shed = true;
  record.priority = -7;
  telemetry.shard(0).finish(record);
  telemetry.shard(1).finish(record);
  record.route = kNoIndex;
  telemetry.shard(1).finish(record);
  telemetry.shard(1).finish(answered(1, 0, 503));
  auto const text = telemetry.prometheus();
  for (auto const* line : {R"(inferway_requests_shed_total{route="models",priority="-7"} 2)",
                           R"(inferway_requests_shed_total{route="",priority="-7"} 1)"}) {
    EXPECT_TRUE(has_line(text, line)) << line << "\n" << text;
  }
}

TEST(Telemetry, tells_how_late_each_workers_loop_is) {
  Telemetry telemetry(two_routes(), 2);
  telemetry.shard(1).observe_loop_lag(std::chrono::milliseconds(30));
  telemetry.shard(1).loop_lag_ns.set(7'500'000);
  auto const text = telemetry.prometheus();
  for (auto const* line : {R"(inferway_loop_lag_seconds_bucket{worker="1",le="0.02"} 0)",
                           R"(inferway_loop_lag_seconds_bucket{worker="1",le="0.05"} 1)",
                           R"(inferway_loop_lag_seconds_count{worker="0"} 0)",
                           R"(inferway_worker_loop_lag_seconds{worker="1"} 0.007500000)"}) {
    EXPECT_TRUE(has_line(text, line)) << line << "\n" << text;
  }
}

TEST(Telemetry, has_empty_labels_where_there_was_no_route) {
  Telemetry telemetry(two_routes(), 1);
  auto record = answered(kNoIndex, kNoIndex, 404);
  record.error_set = true;
  record.error = ErrorCode::route_not_found;
  telemetry.shard(0).finish(record);
  auto const text = telemetry.prometheus();
  EXPECT_TRUE(has_line(text, R"(inferway_requests_total{route="",backend="",status="404"} 1)")) << text;
  EXPECT_TRUE(has_line(text, R"(inferway_errors_total{code="route_not_found"} 1)")) << text;
}

TEST(Telemetry, shows_each_limit_and_how_often_it_was_reached) {
  auto config = two_routes();
  config.limits.connections = 77;
  Telemetry telemetry(config, 1);
  auto& shard = telemetry.shard(0);
  shard.connections_refused.add(2);
  shard.heads_too_large.add(3);
  shard.buffered_bytes_refused.add(4);
  auto record = answered(0, kNoIndex, 413);
  record.error_set = true;
  record.error = ErrorCode::body_too_large;
  shard.finish(record);
  auto const text = telemetry.prometheus();
  for (auto const* line :
       {R"(inferway_limit{limit="connections"} 77)", R"(inferway_limit_reached_total{limit="connections"} 2)",
        R"(inferway_limit_reached_total{limit="header"} 3)", R"(inferway_limit_reached_total{limit="body_bytes"} 1)",
        R"(inferway_limit_reached_total{limit="buffered_bytes"} 4)"}) {
    EXPECT_TRUE(has_line(text, line)) << line << "\n" << text;
  }
}

TEST(Telemetry, shows_a_backends_connections_and_errors) {
  Telemetry telemetry(two_routes(), 2);
  auto& first = telemetry.shard(0).backend("llama");
  auto& second = telemetry.shard(1).backend("llama");
  first.connections_open.add(5);
  first.connections_idle.add(2);
  second.connections_open.add(1);
  second.connects.add(9);
  second.reused.add(90);
  second.cancelled.add(1);
  second.errors[static_cast<std::size_t>(ErrorCode::connect_failed)].add();
  second.errors[static_cast<std::size_t>(ErrorCode::overloaded)].add();
  auto const text = telemetry.prometheus();
  for (auto const* line : {R"(inferway_upstream_connections{backend="llama",state="active"} 4)",
                           R"(inferway_upstream_connections{backend="llama",state="idle"} 2)",
                           R"(inferway_upstream_connections{backend="cloud",state="active"} 0)",
                           R"(inferway_upstream_connects_total{backend="llama"} 9)",
                           R"(inferway_upstream_reused_total{backend="llama"} 90)",
                           R"(inferway_upstream_cancelled_total{backend="llama"} 1)",
                           R"(inferway_upstream_errors_total{backend="llama",cause="connect_failed"} 1)",
                           R"(inferway_upstream_errors_total{backend="llama",cause="overloaded"} 1)",
                           R"(inferway_upstream_errors_total{backend="cloud",cause="connect_failed"} 0)"}) {
    EXPECT_TRUE(has_line(text, line)) << line << "\n" << text;
  }
}

TEST(Telemetry, writes_no_series_twice) {
  auto config = two_routes();
  config.routes[1].name = config.routes[0].name;
  Telemetry telemetry(config, 1);
  auto const numbering = telemetry.number(config);
  for (std::uint32_t const route : {0U, 1U}) {
    auto record = answered(route, 0, 200);
    numbering.apply(record);
    telemetry.shard(0).finish(record);
  }
  auto const text = telemetry.prometheus();
  EXPECT_TRUE(has_line(text, R"(inferway_requests_total{route="chat",backend="llama",status="200"} 2)")) << text;
  std::istringstream lines(text);
  std::set<std::string> series;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# HELP")) continue;
    auto const key = line.starts_with("#") ? line : line.substr(0, line.rfind(' '));
    EXPECT_TRUE(series.insert(key).second) << key;
  }
}

TEST(Telemetry, tells_of_build_and_process) {
  Telemetry const telemetry(two_routes(), 1);
  auto const text = telemetry.prometheus();
  EXPECT_NE(text.find("inferway_build_info{version=\""), std::string::npos);
  for (auto const* name : {"process_start_time_seconds ", "process_resident_memory_bytes ", "process_open_fds "}) {
    EXPECT_NE(text.find(std::string("\n") + name), std::string::npos) << name;
  }
  EXPECT_TRUE(has_line(text, "inferway_access_log_dropped_total 0"));
}

TEST(Telemetry, writes_the_access_log_with_names) {
  ScratchDirectory const directory;
  auto const path = directory.file("access.log");
  {
    Telemetry telemetry(two_routes(path), 1);
    telemetry.shard(0).finish(answered(1, 1, 200));
  }
  auto const text = content_of(path);
  EXPECT_NE(text.find(R"("route":"models","backend":"cloud")"), std::string::npos) << text;
}

TEST(Telemetry, counts_lines_that_found_no_room) {
  Telemetry telemetry(two_routes("/dev/full"), 1);
  constexpr std::uint64_t kRecords = 20'000;
  for (std::uint64_t i = 0; i < kRecords; ++i) telemetry.shard(0).finish(answered(0, 0, 200));
  while (telemetry.access_log_dropped() < kRecords) std::this_thread::yield();
  EXPECT_EQ(telemetry.access_log_dropped(), kRecords);
  EXPECT_TRUE(has_line(telemetry.prometheus(), "inferway_access_log_dropped_total 20000"));
}

TEST(Telemetry, with_a_log_that_cannot_be_opened_is_an_error_at_once) {
  EXPECT_THROW(Telemetry(two_routes("/nonexistent/access.log"), 1), std::runtime_error);
}

TEST(Telemetry, may_be_scraped_while_workers_count) {
  ScratchDirectory const directory;
  Telemetry telemetry(two_routes(directory.file("access.log")), 2);
  constexpr int kRecords = 3'000;
  auto const work = [&](std::size_t worker) {
    for (int i = 0; i < kRecords; ++i) {
      telemetry.shard(worker).finish(answered(static_cast<std::uint32_t>(i) % 2, 0, 200));
      telemetry.shard(worker).backend("cloud").attempts.add();
    }
  };
  std::thread first([&] { work(0); });
  std::thread second([&] { work(1); });
  auto const last = R"(inferway_requests_total{route="chat",backend="llama",status="200"} 3000)";
  while (!has_line(telemetry.prometheus(), last)) std::this_thread::yield();
  first.join();
  second.join();
}

config::Config renamed(std::string route, std::string backend, std::string access) {
  config::Config config;
  config.routes.emplace_back().name = std::move(route);
  config.backends.emplace_back().name = std::move(backend);
  config.log.access = std::move(access);
  return config;
}

TEST(Telemetry, goes_on_counting_under_a_name_that_stands_elsewhere_in_another_configuration) {
  Telemetry telemetry(two_routes(), 1);
  auto& shard = telemetry.shard(0);
  shard.backend("cloud").connects.add(4);
  for (auto const& config : {two_routes(), renamed("models", "cloud", "off")}) {
    auto record = answered(static_cast<std::uint32_t>(config.routes.size()) - 1, 0, 200);
    telemetry.number(config).apply(record);
    shard.finish(record);
    shard.backend("cloud").connects.add();
  }
  auto const text = telemetry.prometheus();
  for (auto const* line : {R"(inferway_requests_total{route="models",backend="llama",status="200"} 1)",
                           R"(inferway_requests_total{route="models",backend="cloud",status="200"} 1)",
                           R"(inferway_upstream_connects_total{backend="cloud"} 6)"}) {
    EXPECT_TRUE(has_line(text, line)) << line << "\n" << text;
  }
}

TEST(Telemetry, moves_the_access_log_and_loses_nothing) {
  ScratchDirectory const directory;
  auto const first = directory.file("first.log");
  auto const second = directory.file("second.log");
  std::size_t finished = 0;
  {
    Telemetry telemetry(two_routes(first), 1);
    auto const finish = [&] {
      telemetry.shard(0).finish(answered(0, 0, 200));
      ++finished;
    };
    finish();
    auto change = telemetry.prepare(two_routes(second));
    ASSERT_TRUE(change.has_value());
    telemetry.apply(std::move(*change));
    for (auto tries = 0; lines_of(second).empty() && tries < 1'000; ++tries) {
      finish();
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  EXPECT_GE(lines_of(first).size(), 1U);
  EXPECT_EQ(lines_of(first).size() + lines_of(second).size(), finished);
}

TEST(Telemetry, turns_the_access_log_off_and_on) {
  ScratchDirectory const directory;
  auto const path = directory.file("access.log");
  {
    Telemetry telemetry(two_routes("off"), 1);
    telemetry.shard(0).finish(answered(0, 0, 200));
    for (auto const& access : {path, std::string("off"), path}) {
      auto change = telemetry.prepare(two_routes(access));
      ASSERT_TRUE(change.has_value());
      telemetry.apply(std::move(*change));
    }
    telemetry.shard(0).finish(answered(1, 1, 200));
  }
  EXPECT_EQ(lines_of(path).size(), 1U);
}

TEST(Telemetry, refuses_a_log_that_cannot_be_opened_and_goes_on) {
  Telemetry telemetry(two_routes(), 1);
  auto const change = telemetry.prepare(two_routes("/nonexistent/access.log"));
  ASSERT_FALSE(change.has_value());
  EXPECT_NE(change.error().find("/nonexistent/access.log"), std::string::npos);
}

TEST(Telemetry, tells_of_reloads) {
  Telemetry telemetry(two_routes(), 1);
  auto const at = std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'000));
  telemetry.set({.succeeded = 2, .refused = 1, .generation = 3, .accepted = at});
  auto const text = telemetry.prometheus();
  for (auto const* line :
       {R"(inferway_reloads_total{result="success"} 2)", R"(inferway_reloads_total{result="refused"} 1)",
        "inferway_config_generation 3", "inferway_config_last_success_timestamp_seconds 1700000000.000000000"}) {
    EXPECT_TRUE(has_line(text, line)) << line << "\n" << text;
  }
}

}  // namespace
}  // namespace inferway::telemetry
