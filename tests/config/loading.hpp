#pragma once

#include "inferway/config/loader.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>

/// How the tests of this room load configurations.
namespace inferway::config {

inline constexpr std::string_view kBackends =
    "backends: {b: {endpoints: [http://h:8000]}, c: {endpoints: [http://h]}}\n";
inline constexpr std::string_view kRoutes = "routes: [{match: {path: /p}, to: [{backend: b}]}]\n";

/// A whole file with `lines` about the gateway itself, from 1:1 on.
inline std::string with_gateway(std::string_view lines) {
  return std::string(lines) + "\n" + std::string(kBackends) + std::string(kRoutes);
}

/// A whole file with `lines` in its one backend, from 4:5 on.
inline std::string with_backend(std::string_view lines) {
  return "backends:\n  b:\n    endpoints: [http://h:8000]\n    " + std::string(lines) + "\n" + std::string(kRoutes);
}

/// A whole file with `lines` in its one route, from 5:5 on. Its backends are b and c, its path /p/*.
inline std::string with_route(std::string_view lines) {
  return std::string(kBackends) + "routes:\n  - match: {path: /p/*}\n    to: [{backend: b}]\n    " +
         std::string(lines) + "\n";
}

/// A SHA-256 as the file has it.
inline std::string const kHash(64, 'a');

using Variables = std::map<std::string, std::string>;

/// Loads `text` as test.yaml, with these variables in the environment and no others.
inline Loaded load(std::string_view text, Variables const& variables = {}) {
  return load_text(text, "test.yaml", [&](std::string const& name) -> std::optional<std::string> {
    auto const found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

/// All errors as they are printed, one a line: what a test shows when it fails.
inline std::string errors_of(Loaded const& loaded) {
  std::string out;
  for (auto const& problem : loaded.errors) out += to_string("test.yaml", problem) + "\n";
  return out;
}

/// The configuration that `text` describes; a test failure and an empty one when it is refused.
inline Config accepted(std::string_view text, Variables const& variables = {}) {
  auto loaded = load(text, variables);
  EXPECT_TRUE(loaded.config.has_value()) << errors_of(loaded);
  return loaded.config.value_or(Config{});
}

/// A file that is refused for one reason: where, and words that the message has to say.
struct Refusal {
  char const* name;
  std::string text;
  Position position;
  std::string_view words;
};

inline std::string refusal_name(testing::TestParamInfo<Refusal> const& row) { return row.param.name; }

inline void expect_refused(Refusal const& row) {
  auto const loaded = load(row.text);
  EXPECT_FALSE(loaded.config.has_value());
  ASSERT_EQ(loaded.errors.size(), 1U) << errors_of(loaded);
  auto const& error = loaded.errors.front();
  EXPECT_EQ(error.position.line, row.position.line) << error.message;
  EXPECT_EQ(error.position.column, row.position.column) << error.message;
  EXPECT_NE(error.message.find(row.words), std::string::npos) << error.message;
}

}  // namespace inferway::config
