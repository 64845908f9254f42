#include "match.hpp"

#include "header_rules.hpp"
#include "inferway/base/text.hpp"
#include "known_keys.hpp"
#include "names.hpp"
#include "path_rules.hpp"

#include <algorithm>

namespace inferway::config {
namespace {

std::string read_pattern(Value const& value) {
  auto pattern = value.text();
  if (!pattern) return {};
  if (auto const complaint = complaint_about_pattern(*pattern)) value.complain(*complaint);
  return std::move(*pattern);
}

std::vector<HeaderMatch> read_header_matches(Value const& value) {
  std::vector<HeaderMatch> out;
  value.each_entry([&](std::string_view name, Value const& entry) {
    HeaderMatch match{.name = lower(name), .value = entry.hidden_text().value_or("")};
    if (!is_token(name)) entry.error("is not a header's name");
    if (!is_field_value(match.value)) {
      entry.complain_hidden("matches no header: it has a control character, or a blank at an end");
    }
    if (std::ranges::find(out, match.name, &HeaderMatch::name) != out.end()) {
      entry.error("is given twice; upper and lower case do not matter in a header's name");
    }
    match.hidden = entry.substituted() || std::ranges::find(kGuardedHeaderNames, std::string_view(match.name)) !=
                                              std::ranges::end(kGuardedHeaderNames);
    out.push_back(std::move(match));
  });
  return out;
}

}  // namespace

Match read_match(Value const& value) {
  Section const section(value, keys::kMatch);
  return {
      .path = read_pattern(section.required("path")),
      .method = read_method(section["method"]),
      .model = section["model"].text_or_null(),
      .headers = read_header_matches(section["headers"]),
  };
}

}  // namespace inferway::config
