#include "inferway/config/admin_address.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <unistd.h>

namespace inferway::config {
namespace {

/// What a file of this text says, with ADMIN and EMPTY in the environment, and nothing else.
std::expected<Listen, Problem> of(std::string_view text) {
  std::string path = testing::TempDir() + "inferway-admin-XXXXXX";
  int const descriptor = ::mkstemp(path.data());
  EXPECT_GE(descriptor, 0);
  ::close(descriptor);
  std::ofstream(path, std::ios::binary) << text;
  auto address = admin_address_of(path, [](std::string const& name) -> std::optional<std::string> {
    if (name == "ADMIN") return "127.0.0.9:99";
    return std::nullopt;
  });
  std::remove(path.c_str());
  return address;
}

struct Row {
  char const* name;
  std::string_view text;
  std::string_view want;  ///< the address; or, in angle brackets, words of the refusal
};
constexpr Row kRows[] = {
    {"given", "admin: {address: 127.0.0.1:7}", "127.0.0.1:7"},
    {"ipv6", "admin: {address: \"[::1]:7\"}", "[::1]:7"},
    {"wildcard", "admin: {address: 0.0.0.0:7}", "0.0.0.0:7"},  // who asks knows what that means
    {"unix_socket", "admin: {address: unix:/run/a}", "unix:/run/a"},
    {"variable", "admin: {address: \"${ADMIN}\"}", "127.0.0.9:99"},
    {"fallback", "admin: {address: \"${NONE:-127.0.0.1:8}\"}", "127.0.0.1:8"},
    {"not_given", "admin: {token: x}", "127.0.0.1:9901"},
    {"no_section", "listen: 127.0.0.1:1", "127.0.0.1:9901"},
    {"empty_section", "admin:\nlisten: 127.0.0.1:1", "127.0.0.1:9901"},
    {"empty_file", "", "127.0.0.1:9901"},
    {"nothing_else_is_looked_at", "admin: {address: 127.0.0.1:7, token: \"${NONE}\"}\nbackends: 5\nroutez: x",
     "127.0.0.1:7"},
    {"not_yaml", "admin: {address", "<1:>"},
    {"twice", "admin: {address: 127.0.0.1:7}\nadmin: {}", "<2:1: >"},
    {"no_address", "admin: {address: here}", "<1:18: admin.address: has no literal address>"},
    {"a_list", "admin: {address: [127.0.0.1:7]}", "<1:18: admin.address: is no address>"},
    {"null", "admin: {address: null}", "<admin.address: is no address>"},
    {"missing_variable", "admin: {address: \"${NONE}\"}", "<1:18: admin.address: >"},
};
class AdminAddressTest : public testing::TestWithParam<Row> {};

TEST_P(AdminAddressTest, is_what_the_file_says) {
  auto const got = of(GetParam().text);
  auto const want = GetParam().want;
  if (!want.starts_with('<')) {
    ASSERT_TRUE(got.has_value()) << got.error().message;
    EXPECT_EQ(admin_address_text(*got), want);
    return;
  }
  ASSERT_FALSE(got.has_value());
  auto const said = to_string("", got.error());
  EXPECT_NE(said.find(want.substr(1, want.size() - 2)), std::string::npos) << said;
}
INSTANTIATE_TEST_SUITE_P(Rows, AdminAddressTest, testing::ValuesIn(kRows),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(AdminAddressFileTest, a_file_that_is_not_there_is_said_so) {
  auto const got = admin_address_of("/does/not/exist.yaml");
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().message, "cannot be read: No such file or directory");
}

}  // namespace
}  // namespace inferway::config
