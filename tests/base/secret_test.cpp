#include "inferway/base/secret.hpp"

#include <gtest/gtest.h>

#include <concepts>
#include <ostream>
#include <utility>

namespace inferway {
namespace {

template <typename T>
concept Printable = requires(std::ostream& out, T const& value) { out << value; };
static_assert(!Printable<Secret>);
static_assert(!std::convertible_to<Secret, std::string> && !std::convertible_to<Secret, std::string_view>);
static_assert(!std::convertible_to<std::string, Secret>, "a secret is made on purpose");
static_assert(!std::equality_comparable<Secret>, "only equals() takes the same time for every value");

constexpr std::string_view kShort = "sk-1";  // fits into the string object
constexpr std::string_view kLong = "sk-0123456789abcdef0123456789abcdef";

TEST(SecretTest, equals_only_the_same_text) {
  Secret const secret{std::string(kLong)};
  EXPECT_TRUE(secret.equals(kLong));
  EXPECT_FALSE(secret.equals(kLong.substr(1)));
  EXPECT_FALSE(secret.equals(std::string(kLong) + "0"));
  EXPECT_FALSE(secret.equals(""));
  for (std::size_t i = 0; i < kLong.size(); ++i) {
    std::string other(kLong);
    other[i] = static_cast<char>(other[i] ^ 0x80);
    EXPECT_FALSE(secret.equals(other)) << i;
  }
  EXPECT_TRUE(Secret().equals(""));
}

TEST(SecretTest, is_copied_and_moved_whole) {
  for (auto const text : {kShort, kLong}) {
    Secret secret{std::string(text)};
    Secret copy(secret);
    EXPECT_EQ(copy.reveal(), text);
    EXPECT_EQ(secret.reveal(), text);
    Secret const moved(std::move(secret));
    EXPECT_EQ(moved.reveal(), text);
    Secret assigned{std::string("other")};
    assigned = copy;
    EXPECT_EQ(assigned.reveal(), text);
    assigned = *&assigned;
    EXPECT_EQ(assigned.reveal(), text);
    Secret taken;
    EXPECT_TRUE(taken.empty());
    taken = std::move(copy);
    EXPECT_EQ(taken.reveal(), text);
    EXPECT_FALSE(taken.empty());
  }
}

TEST(SecretTest, a_shorter_value_leaves_nothing_of_the_longer_one) {
  Secret secret{std::string(kLong)};
  auto const* const place = secret.reveal().data();
  secret = Secret(std::string("short"));
  EXPECT_EQ(secret.reveal(), "short");
  EXPECT_EQ(std::string_view(place, kLong.size()).find(kLong.substr(16)), std::string_view::npos);
}

TEST(SecretTest, leaves_nothing_where_it_was_moved_from) {
  for (auto const text : {kShort, kLong}) {
    Secret first{std::string(text)};
    Secret const second(std::move(first));
    EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): what is left behind is what we look at
    Secret third{std::string(text)};
    Secret fourth;
    fourth = std::move(third);
    EXPECT_TRUE(third.empty());  // NOLINT(bugprone-use-after-move): likewise
    // A short text stood inside the string object itself.
    auto const* const bytes = reinterpret_cast<char const*>(&first);
    EXPECT_EQ(std::string_view(bytes, sizeof first).find(text), std::string_view::npos);
  }
}

}  // namespace
}  // namespace inferway
