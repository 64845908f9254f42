#include "inferway/config/loader.hpp"

#include "loading.hpp"
#include "problems.hpp"

#include <gtest/gtest.h>

namespace inferway::config {
namespace {

TEST(LoaderTest, all_errors_come_at_once_in_the_order_of_the_file) {
  auto const loaded = load(R"(threads: many
limits: {body_bytes: 5}
backends:
  b: {endpoints: [h], api: open}
routes:
  - {match: {path: p}, to: [{backend: x}]}
colour: blue
)");
  EXPECT_FALSE(loaded.config);
  std::string lines;
  for (auto const& error : loaded.errors) lines += std::to_string(error.position.line) + " ";
  EXPECT_EQ(lines, "1 2 4 4 6 6 7 ") << errors_of(loaded);
}

TEST(LoaderTest, errors_are_bounded) {
  std::string text = std::string(kBackends) + "routes:\n";
  for (int i = 0; i < 5'000; ++i) text += "  - {match: {path: p}, to: [{backend: nobody}]}\n";
  auto const loaded = load(text);
  ASSERT_EQ(loaded.errors.size(), Problems::kMostOfAKind + 1);
  EXPECT_NE(loaded.errors.back().message.find("9900 more"), std::string::npos);
}

TEST(LoaderTest, an_empty_file_says_what_it_lacks) {
  auto const loaded = load("");
  ASSERT_EQ(loaded.errors.size(), 2U);
  EXPECT_EQ(errors_of(loaded), "test.yaml:1:1: backends: must be given\ntest.yaml:1:1: routes: must be given\n");
}

TEST(LoaderTest, a_file_of_another_kind_is_refused) {
  EXPECT_EQ(load("[]").errors.size(), 1U);
  EXPECT_EQ(load("hello").errors.size(), 1U);
}

TEST(LoaderTest, a_file_that_cannot_be_read_is_one_error_without_a_place) {
  auto const loaded = load_file("/does/not/exist.yaml");
  EXPECT_FALSE(loaded.config);
  ASSERT_EQ(loaded.errors.size(), 1U);
  EXPECT_EQ(to_string("/does/not/exist.yaml", loaded.errors[0]),
            "/does/not/exist.yaml: cannot be read: No such file or directory");
}

TEST(LoaderTest, problems_print_as_compilers_print_them) {
  EXPECT_EQ(to_string("a.yaml", {{3, 7}, "wrong"}), "a.yaml:3:7: wrong");
  EXPECT_EQ(to_string("a.yaml", {{}, "wrong"}), "a.yaml: wrong");
}

TEST(LoaderTest, the_configuration_knows_its_file) { EXPECT_EQ(accepted(with_gateway("")).file, "test.yaml"); }

TEST(LoaderTest, ten_thousand_routes_load) {
  std::string text = std::string(kBackends) + "routes:\n";
  for (int i = 0; i < 10'000; ++i) {
    text += "  - match: {path: /v1/chat/completions, model: model-" + std::to_string(i) + "}\n    to: [{backend: b}]\n";
  }
  auto const config = accepted(text);
  EXPECT_EQ(config.routes.size(), 10'000U);
}

}  // namespace
}  // namespace inferway::config
