#include "known_keys.hpp"

#include "inferway/config/loader.hpp"
#include "source_file.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>

namespace inferway::config {
namespace {

std::string documentation() { return read_source(INFERWAY_SOURCE_DIR "/docs/configuration.md", 1 << 20).value_or(""); }

/// The part of the documentation below the heading that names this mapping in backquotes.
std::string section_about(std::string const& text, std::string_view where) {
  auto const heading = where.empty() ? std::string("# The file\n") : "# `" + std::string(where) + "`\n";
  auto const start = text.find(heading);
  if (start == std::string::npos) return {};
  return text.substr(start, text.find("\n#", start + heading.size()) - start);
}

TEST(KnownKeysTest, each_is_documented_in_the_section_of_its_mapping) {
  auto const text = documentation();
  ASSERT_FALSE(text.empty());
  for (auto const& mapping : keys::kMappings) {
    auto const section = section_about(text, mapping.where);
    EXPECT_FALSE(section.empty()) << "no section about " << mapping.where;
    for (auto const key : mapping.keys) {
      EXPECT_NE(section.find("| `" + std::string(key) + "` |"), std::string::npos)
          << "not documented: " << mapping.where << " " << key;
    }
  }
}

TEST(KnownKeysTest, no_mapping_lists_a_key_twice) {
  for (auto const& mapping : keys::kMappings) {
    std::set<std::string_view> const unique(mapping.keys.begin(), mapping.keys.end());
    EXPECT_EQ(unique.size(), mapping.keys.size()) << mapping.where;
  }
}

std::string complaints_about(Loaded const& loaded, std::string const& file) {
  std::string out;
  for (auto const* const list : {&loaded.errors, &loaded.warnings}) {
    for (auto const& problem : *list) out += to_string(file, problem) + "\n";
  }
  return out;
}

TEST(ConfigurationFilesTest, each_loads_without_a_complaint) {
  std::size_t count = 0;
  for (auto const& file : std::filesystem::directory_iterator(INFERWAY_SOURCE_DIR "/config")) {
    auto const path = file.path().string();
    EXPECT_EQ(complaints_about(load_file(path), path), "");
    ++count;
  }
  EXPECT_GE(count, 2U);
}

TEST(DocumentationTest, whole_examples_load_without_a_complaint) {
  constexpr std::string_view kFence = "```yaml\n";
  auto const text = documentation();
  std::size_t whole = 0;
  for (auto at = text.find(kFence); at != std::string::npos; at = text.find(kFence, at + 1)) {
    auto const start = at + kFence.size();
    auto const example = text.substr(start, text.find("```", start) - start);
    if (example.find("backends:\n") == std::string::npos || example.find("routes:\n") == std::string::npos) continue;
    auto const any_variable = [](std::string const&) { return std::optional<std::string>("value"); };
    EXPECT_EQ(complaints_about(load_text(example, "example", any_variable), "example"), "") << example;
    ++whole;
  }
  EXPECT_GE(whole, 1U);
}

}  // namespace
}  // namespace inferway::config
