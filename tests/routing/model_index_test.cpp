#include "model_index.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace inferway::routing {
namespace {

struct FirstRow {
  char const* name;
  std::vector<std::string> patterns;  ///< routes 0, 1, 2, ...
  std::string model;
  std::size_t want;  ///< kNone: no route takes it
  std::size_t below = kNone;
};
FirstRow const kFirstRows[] = {
    {"none", {}, "a", kNone},
    {"exact", {"a", "b", "c"}, "b", 1},
    {"exact_is_case_sensitive", {"A"}, "a", kNone},
    {"exact_is_no_prefix", {"gpt-4"}, "gpt-4o", kNone},
    {"the_first_of_two_equal_names", {"b", "a", "a"}, "a", 1},
    {"front", {"llama-*", "gpt-*"}, "gpt-4o", 1},
    {"star_takes_nothing_too", {"gpt-*"}, "gpt-", 0},
    {"model_shorter_than_the_front", {"gpt-*"}, "gpt", kNone},
    {"fronts_of_different_lengths", {"gpt-4o*", "gpt-*", "g*"}, "gpt-4", 1},
    {"a_shorter_front_may_come_first", {"g*", "gpt-4o*"}, "gpt-4o", 0},
    {"back", {"*-vision", "*-audio"}, "a-audio", 1},
    {"backs_of_different_lengths", {"*-large-vision", "*-vision"}, "a-vision", 1},
    {"model_shorter_than_the_back", {"*-vision"}, "vision", kNone},
    {"everything", {"*"}, "whatever", 0},
    {"several_stars_alone", {"**"}, "whatever", 0},
    {"inside", {"*x*", "*y*"}, "ayb", 1},
    {"front_and_back", {"gpt-*-mini"}, "gpt-4o-mini", 0},
    {"front_and_back_must_not_overlap", {"abc*cd"}, "abcd", kNone},
    {"longer_back_than_front", {"a*-instruct"}, "a-8b-instruct", 0},
    {"three_stars", {"a*b*c*d"}, "a1b2c3d", 0},
    {"exact_before_glob", {"gpt-4o", "gpt-*"}, "gpt-4o", 0},
    {"glob_before_exact", {"gpt-*", "gpt-4o"}, "gpt-4o", 0},
    {"globs_of_one_front", {"gpt-*-mini", "gpt-*-nano", "gpt-*"}, "gpt-5-nano", 1},
    {"front_before_back", {"a*", "*z"}, "az", 0},
    {"back_before_front", {"*z", "a*"}, "az", 0},
    {"only_below", {"b", "a"}, "a", 1, 1},
    {"only_globs_below", {"b", "a*"}, "a", 1, 1},
    {"nothing_but_the_star_is_special", {"a?c", "a.c", "[a-z]"}, "abc", kNone},
    {"no_model_matches_the_empty_name_but_stars", {"a", "*"}, "", 1},
    {"bytes_beyond_ascii", {"mod\xC3\xA8*"}, "mod\xC3\xA8le", 0},
};
class ModelIndexTest : public testing::TestWithParam<FirstRow> {};

TEST_P(ModelIndexTest, finds_the_first_route_that_takes_the_model) {
  ModelIndex index;
  for (std::size_t i = 0; i < GetParam().patterns.size(); ++i) index.add(GetParam().patterns[i], i);
  EXPECT_EQ(index.first(GetParam().model, GetParam().below), GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Rows, ModelIndexTest, testing::ValuesIn(kFirstRows),
                         [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace inferway::routing
