// What looks at many bytes at a time says the same as who looks at one after the other: for every byte, at every place,
// in texts of every size around the blocks', each in memory of its own.

#include "scan.hpp"

#include "inferway/http/head.hpp"
#include "inferway/http/target.hpp"
#include "splits.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace inferway::http {
namespace {

constexpr std::size_t kMaxSize = 41;

/// Calls `check` with `filler` repeated to every size, and with every byte put to every place of that.
template <typename Check>
void for_each_odd_byte(std::string_view filler, Check check) {
  for (std::size_t size = 0; size <= kMaxSize; ++size) {
    std::vector<char> text(size);
    for (std::size_t i = 0; i < size; ++i) text[i] = filler[i % filler.size()];
    check(view(text));
    for (std::size_t place = 0; place < size; ++place) {
      auto changed = text;
      for (int byte = 0; byte < 256; ++byte) {
        changed[place] = static_cast<char>(byte);
        check(view(changed));
      }
    }
  }
}

template <typename Good>
std::size_t run_of(std::string_view text, Good good) {
  std::size_t length = 0;
  while (length < text.size() && good(text[length])) ++length;
  return length;
}

TEST(ScanTest, field_text_ends_where_the_table_says) {
  for_each_odd_byte("value \t\xFF", [](std::string_view text) {
    ASSERT_EQ(field_text_length(text), run_of(text, is_field_character)) << text;
  });
}

TEST(ScanTest, a_token_ends_where_the_table_says) {
  for (auto const* const filler : {"Content-Length", "x_1!"}) {
    for_each_odd_byte(filler, [](std::string_view text) {
      ASSERT_EQ(token_length(text), run_of(text, [](char c) { return is_a(c, kTchar); })) << text;
    });
  }
}

TEST(ScanTest, a_part_of_a_target_ends_where_the_table_says) {
  for_each_odd_byte("/v1/chat", [](std::string_view text) {
    ASSERT_EQ(target_part_length(text), run_of(text, [](char c) { return is_a(c, kVchar) && c != '?' && c != '#'; }))
        << text;
  });
}

TEST(ScanTest, a_host_is_made_of_what_the_table_says) {
  for_each_odd_byte("gateway-1.example", [](std::string_view text) {
    if (text.find_first_of(":[%") != std::string_view::npos) return;
    auto const plain = run_of(text, [](char c) { return is_a(c, kUnreserved | kSubDelim); });
    ASSERT_EQ(is_authority(text), plain == text.size() && plain > 0) << text;
  });
}

/// PUT is read by the general rules, GET with a path and HTTP/1.1 by a shorter way.
TEST(ScanTest, the_usual_request_line_is_read_as_any_other) {
  for_each_odd_byte("/v1/a-b.c HTTP/1.1", [](std::string_view text) {
    auto const line = std::string(text) + " HTTP/1.1\r\nHost: h\r\n\r\n";
    auto const usual_bytes = copy("GET " + line);
    auto const other_bytes = copy("PUT " + line);
    RequestHead usual;
    RequestHead other;
    auto const usual_read = usual.parse(view(usual_bytes), {});
    auto const other_read = other.parse(view(other_bytes), {});
    ASSERT_EQ(usual_read.has_value(), other_read.has_value()) << text;
    if (!usual_read) {
      ASSERT_EQ(usual_read.error().code, other_read.error().code) << text;
      return;
    }
    ASSERT_EQ(usual.target, other.target);
    ASSERT_EQ(usual.path, other.path);
    ASSERT_EQ(usual.query, other.query);
    ASSERT_EQ(usual.has_query, other.has_query);
    ASSERT_EQ(usual.host, other.host);
    ASSERT_EQ(usual.minor_version, other.minor_version);
  });
}

/// A path of 8 bytes is read byte by byte, and the same behind a long plain segment in blocks.
TEST(ScanTest, a_long_path_is_normalised_as_a_short_one) {
  for (std::size_t segment = 1; segment <= kMaxSize; ++segment) {
    auto const plain = "/" + std::string(segment, 'a');
    for (std::string_view const pattern : {"/bc/d_e", "/b-/:.9", "/ee/ff/"}) {
      for (std::size_t place = 0; place < 2 * pattern.size(); ++place) {
        for (char const odd : std::string_view("/.%~@!\"_\x80\0-", 11)) {
          std::string path(pattern);
          path.insert(place / 2, place % 2 == 0 ? "" : "/");
          path.insert(place / 2 + 1, 1, odd);
          auto const both = copy(plain + path);
          std::string storage;
          std::string short_storage;
          auto const whole = normalise_path(view(both), storage);
          auto const part = normalise_path(path, short_storage);
          ASSERT_EQ(whole.has_value(), part.has_value()) << view(both);
          if (whole && !path.contains("..")) {
            ASSERT_EQ(*whole, plain + std::string(*part)) << view(both);
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace inferway::http
