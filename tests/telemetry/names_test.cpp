#include "names.hpp"

#include <gtest/gtest.h>

namespace inferway::telemetry {
namespace {

config::Config with_routes(std::initializer_list<char const*> names) {
  config::Config config;
  for (auto const* name : names) config.routes.emplace_back().name = name;
  return config;
}

TEST(Names, keep_their_numbers_in_every_configuration) {
  Names names;
  EXPECT_EQ(names.number(with_routes({"a", "b"})).routes, (std::vector<std::uint32_t>{0, 1}));
  EXPECT_EQ(names.number(with_routes({"c", "b", "b"})).routes, (std::vector<std::uint32_t>{2, 1, 1}));
  EXPECT_EQ(names.number(with_routes({"a"})).routes, (std::vector<std::uint32_t>{0}));
  EXPECT_EQ(names.route(2), "c");
  EXPECT_EQ(names.route(3), "");
  EXPECT_EQ(names.route(kNoIndex), "");
}

TEST(Names, of_a_record_are_its_three) {
  config::Config config = with_routes({"a", "b"});
  config.backends.emplace_back().name = "llama";
  config.keys.static_keys.emplace_back().name = "team";
  Names const names(config);
  Record record;
  EXPECT_EQ(names.of(record).route, "");
  record.route = 1;
  record.backend = 0;
  record.key = 0;
  EXPECT_EQ(names.of(record).route, "b");
  EXPECT_EQ(names.of(record).backend, "llama");
  EXPECT_EQ(names.of(record).key, "team");
}

TEST(MetNames, are_the_names_themselves_however_often_they_are_asked_for) {
  Names names(with_routes({"a", "b"}));
  MetNames met(names);
  Record record;
  EXPECT_EQ(met.of(record).route, "");
  for (auto const& [number, name] :
       {std::pair{1U, "b"}, {0U, "a"}, {1U, "b"}, {2U, ""}, {kNoIndex, ""}, {kNoIndex - 1, ""}}) {
    record.route = number;
    EXPECT_EQ(met.of(record).route, name) << number;
    EXPECT_EQ(met.of(record).backend, "") << number;
  }
  static_cast<void>(names.number(with_routes({"c"})));
  record.route = 2;
  EXPECT_EQ(met.of(record).route, "c");
}

TEST(Names, stop_growing_at_a_bound) {
  NameList names(2);
  EXPECT_EQ(names.number("a"), 0U);
  EXPECT_EQ(names.number("b"), 1U);
  EXPECT_EQ(names.number("c"), 2U);
  EXPECT_EQ(names.number("d"), 2U);
  EXPECT_EQ(names.number("a"), 0U);
  EXPECT_EQ(names.at(2), NameList::kOthers);
  EXPECT_EQ(names.size(), 3U);
}

TEST(Numbering, makes_indices_numbers) {
  Numbering const numbering{.routes = {7}, .backends = {8, 9}, .keys = {}};
  Record record;
  record.route = 0;
  record.backend = 1;
  record.key = 0;
  numbering.apply(record);
  EXPECT_EQ(record.route, 7U);
  EXPECT_EQ(record.backend, 9U);
  EXPECT_EQ(record.key, kNoIndex);
}

}  // namespace
}  // namespace inferway::telemetry
