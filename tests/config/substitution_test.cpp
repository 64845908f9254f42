#include "substitution.hpp"

#include "loading.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace inferway::config {
namespace {

struct Row {
  char const* name;
  std::string_view text;
  std::optional<std::string_view> want;
};
constexpr Row kRows[] = {
    {"nothing_to_do", "plain $HOME {x}", "plain $HOME {x}"},
    {"variable", "${A}", "alpha"},
    {"inside", "x${A}y${B}z", "xalphaybetaz"},
    {"fallback_unused", "${A:-other}", "alpha"},
    {"fallback_for_unset", "${NONE:-other}", "other"},
    {"fallback_for_empty", "${EMPTY:-other}", "other"},
    {"empty_fallback", "x${NONE:-}", "x"},
    {"fallback_with_colon", "${NONE:-http://h:80}", "http://h:80"},
    {"empty_is_set", "x${EMPTY}", "x"},
    {"not_looked_at_again", "${DOLLAR}", "${A}"},
    {"escaped", "$${A}", "${A}"},
    {"escaped_then_real", "$${A}${A}", "${A}alpha"},
    {"unset", "${NONE}", {}},
    {"no_end", "${A", {}},
    {"no_name", "${}", {}},
    {"bad_name", "${a-b}", {}},
    {"digit_first", "${1A}", {}},
    {"space", "${ A }", {}},
    {"nested", "${NONE:-${A}}", {}},
    {"other_operator", "${A-x}", {}},
    {"no_file", "${file:/does/not/exist}", {}},
    {"no_path", "${file:}", {}},
    {"directory", "${file:/}", {}},
};
class SubstitutionTest : public testing::TestWithParam<Row> {};
TEST_P(SubstitutionTest, replaces_or_refuses) {
  Variables const variables{{"A", "alpha"}, {"B", "beta"}, {"EMPTY", ""}, {"DOLLAR", "${A}"}};
  Sources const sources{[&](std::string const& name) -> std::optional<std::string> {
                          auto const found = variables.find(name);
                          return found == variables.end() ? std::nullopt : std::optional(found->second);
                        },
                        ""};
  auto const got = substitute(GetParam().text, sources);
  ASSERT_EQ(got.has_value(), GetParam().want.has_value());
  if (got) EXPECT_EQ(*got, *GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Rows, SubstitutionTest, testing::ValuesIn(kRows),
                         [](auto const& row) { return std::string(row.param.name); });

/// A directory that goes when the test ends.
class Directory {
 public:
  Directory() {
    std::string pattern = testing::TempDir() + "inferway-config-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  Directory(Directory const&) = delete;
  Directory& operator=(Directory const&) = delete;

  void write(std::string const& name, std::string_view content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
  }
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

TEST(FileSubstitutionTest, starts_at_the_configuration_and_cuts_one_line_break) {
  Directory const directory;
  directory.write("key", "sk-1\n");
  directory.write("crlf", "sk-2\r\n");
  directory.write("two", "sk-3\n\n");
  Sources const sources{{}, directory.path()};
  EXPECT_EQ(substitute("${file:key}", sources), "sk-1");
  EXPECT_EQ(substitute("${file:crlf}", sources), "sk-2");
  EXPECT_EQ(substitute("${file:two}", sources), "sk-3\n");
  EXPECT_EQ(substitute("${file:" + directory.path() + "/key}", sources), "sk-1");
}

TEST(FileSubstitutionTest, a_file_that_is_too_large_is_refused) {
  Directory const directory;
  directory.write("large", std::string(1024 * 1024 + 1, 'x'));
  EXPECT_FALSE(substitute("${file:large}", {{}, directory.path()}));
}

TEST(FileSubstitutionTest, works_through_load_file) {
  Directory const directory;
  directory.write("key.txt", "sk-from-file\n");
  directory.write("gateway.yaml", with_backend("key: \"${file:key.txt}\""));
  auto const loaded = load_file(directory.path() + "/gateway.yaml");
  ASSERT_TRUE(loaded.config) << errors_of(loaded);
  EXPECT_EQ(loaded.config->backends.front().key.reveal(), "sk-from-file");
}

TEST(SubstitutionInAFileTest, keys_are_never_replaced) {
  auto const loaded = load(with_gateway("\"${A}\": 1"), {{"A", "threads"}});
  EXPECT_NE(errors_of(loaded).find("${A}: no such key"), std::string::npos) << errors_of(loaded);
}

TEST(SubstitutionInAFileTest, a_missing_variable_is_one_error_at_its_place) {
  expect_refused({"", with_backend("key: ${NONE}"), {4, 10}, "backends.b.key: the variable NONE is not set"});
  expect_refused({"", with_gateway("limits: {header_count: \"${NONE}\"}"), {1, 24}, "NONE is not set"});
}

TEST(SubstitutionInAFileTest, an_empty_secret_is_refused) {
  auto const loaded = load(with_backend("key: \"${EMPTY}\""), {{"EMPTY", ""}});
  EXPECT_NE(errors_of(loaded).find("is empty"), std::string::npos);
}

TEST(SubstitutionInAFileTest, numbers_and_truths_may_come_from_quoted_variables) {
  auto const config =
      accepted(with_gateway("threads: \"${N}\"\nkeys: {required: \"${F}\"}\ntimeouts: {body: \"${D}\"}"),
               {{"N", "3"}, {"F", "false"}, {"D", "7s"}});
  EXPECT_EQ(config.threads, 3U);
  EXPECT_EQ(config.timeouts.body, Milliseconds(7'000));
}

TEST(SubstitutionInAFileTest, a_value_out_of_a_variable_is_in_no_message) {
  constexpr char kValue[] = "s3cr3t-value";
  std::string const texts[] = {
      with_gateway("listen: \"${V}\""),
      with_gateway("threads: \"${V}\""),
      with_gateway("limits: {body_bytes: \"${V}\"}"),
      with_gateway("timeouts: {header: \"${V}\"}"),
      with_gateway("log: {level: \"${V}\"}"),
      with_gateway("log: {access: \"${V}\"}"),
      with_gateway("keys: {required: \"${V}\"}"),
      with_gateway("admin: {address: \"${V}\"}"),
      with_backend("api: \"${V}\""),
      with_backend("headers: {\"x-a\": \" ${V}\"}"),
      with_backend("key: \"a ${V}\""),
      with_backend("pass_headers: [\"${V}\"]"),
      with_backend("pool: {max_idle: \"${V}\"}"),
      with_backend("outlier: \"${V}\""),
      with_backend("cooldown: {on: [\"${V}\"]}"),
      with_route("rewrite: \"${V}\""),
      with_route("retry: {on: [\"${V}\"]}"),
      with_route("mirror: {backend: \"${V}\", percent: 1}"),
      with_route("name: \"a\\n${V}\""),
      "backends: {b: {endpoints: [\"${V}\"]}}\n" + std::string(kRoutes),
      std::string(kBackends) + "routes: [{match: {path: \"${V}\"}, to: [{backend: b}]}]",
      std::string(kBackends) + "routes: [{match: {path: /p, method: \"${V} x\"}, to: [{backend: b}]}]",
      std::string(kBackends) + "routes: [{match: {path: /p}, to: [{backend: \"${V}\"}]}]",
  };
  for (auto const& text : texts) {
    auto const loaded = load(text, {{"V", kValue}});
    EXPECT_FALSE(loaded.errors.empty()) << text;
    EXPECT_EQ(errors_of(loaded).find(kValue), std::string::npos) << errors_of(loaded);
  }
}

TEST(SubstitutionInAFileTest, the_environment_of_the_process_is_the_default) {
  ::setenv("INFERWAY_TEST_THREADS", "5", 1);
  auto const loaded = load_text(with_gateway("threads: ${INFERWAY_TEST_THREADS}"), "test.yaml");
  ::unsetenv("INFERWAY_TEST_THREADS");
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->threads, 5U);
}

}  // namespace
}  // namespace inferway::config
