#include "exposition.hpp"

#include <array>
#include <charconv>

namespace inferway::telemetry {

namespace {

constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;

/// A label's value: backslash, quote and newline escaped, as the format says.
void append_escaped(std::string& out, std::string_view value) {
  for (char const c : value) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
}

/// "0.005", "60": as short as it goes, since a bound is the bucket's name and must never be written two ways.
std::string bound_text(std::chrono::milliseconds bound) {
  auto const ms = static_cast<std::uint64_t>(bound.count());
  auto text = std::to_string(ms / 1'000);
  auto fraction = std::to_string(1'000 + ms % 1'000).substr(1);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return fraction.empty() ? text : text + "." + fraction;
}

std::array<std::string, kBounds.size()> bound_texts() {
  std::array<std::string, kBounds.size()> texts;
  for (std::size_t i = 0; i < kBounds.size(); ++i) texts[i] = bound_text(kBounds[i]);
  return texts;
}

}  // namespace

void Exposition::sample(Labels labels, std::uint64_t value) {
  append_series("", labels, "");
  append_number(value);
  text_ += '\n';
}

void Exposition::seconds(Labels labels, std::uint64_t nanoseconds) {
  append_series("", labels, "");
  append_seconds(nanoseconds);
  text_ += '\n';
}

void Exposition::buckets(Labels labels, HistogramTotals const& totals) {
  static auto const kTexts = bound_texts();
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    count += totals.buckets[i];
    append_series("_bucket", labels, i < kTexts.size() ? std::string_view(kTexts[i]) : std::string_view("+Inf"));
    append_number(count);
    text_ += '\n';
  }
  append_series("_sum", labels, "");
  append_seconds(totals.sum_ns);
  text_ += '\n';
  append_series("_count", labels, "");
  append_number(count);
  text_ += '\n';
}

void Exposition::begin(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
  text_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
}

/// The name and labels of a sample, and the space before its value.
void Exposition::append_series(std::string_view suffix, Labels labels, std::string_view bound) {
  text_.append(name_).append(suffix);
  bool first = true;
  for (auto const& [name, value] : labels) append_label(name, value, first);
  if (!bound.empty()) append_label("le", bound, first);
  text_ += first ? " " : "} ";
}

void Exposition::append_label(std::string_view name, std::string_view value, bool& first) {
  text_ += first ? '{' : ',';
  first = false;
  text_.append(name).append("=\"");
  append_escaped(text_, value);
  text_ += '"';
}

void Exposition::append_number(std::uint64_t value) {
  std::array<char, 20> digits;
  text_.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

void Exposition::append_seconds(std::uint64_t nanoseconds) {
  append_number(nanoseconds / kNanosecondsPerSecond);
  text_ += '.';
  text_ += std::to_string(kNanosecondsPerSecond + nanoseconds % kNanosecondsPerSecond).substr(1);
}

}  // namespace inferway::telemetry
