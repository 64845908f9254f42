#include "value.hpp"

#include "inferway/base/text.hpp"

#include <algorithm>

namespace inferway::config {
namespace {

constexpr std::size_t kMostShown = 80;

/// As text in a message: on one line and not endless.
std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  auto end = std::min(text.size(), kMostShown);
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) --end;
  append_json_escaped(out, text.substr(0, end));
  out += end < text.size() ? "...\"" : "\"";
  return out;
}

std::string one_of(std::span<std::string_view const> names) {
  std::string out;
  for (auto const name : names) {
    if (!out.empty()) out += ", ";
    out += name;
  }
  return out;
}

bool is_visible(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F; });
}

}  // namespace

std::string suggestion(std::string_view word, std::span<std::string_view const> known) {
  auto const near = nearest(word, known);
  if (near.empty()) return "known here: " + one_of(known);
  return "did you mean \"" + std::string(near) + "\"?";
}

std::string Value::shown() const {
  if (substituted()) return "the value, which came from a variable or a file,";
  switch (node_->kind) {
    case Kind::null: return "null";
    case Kind::scalar: return in_quotes(node_->text);
    case Kind::list: return "a list";
    case Kind::mapping: return "a mapping";
  }
  return {};
}

void Value::error(std::string_view message) const {
  if (broken()) return;
  auto text = to_string(trail_);
  if (!text.empty()) text += ": ";
  problems_->error(place_, text.append(message));
}

void Value::warning(std::string_view message) const {
  problems_->warning(place_, to_string(trail_).append(": ").append(message));
}

void Value::complain(std::string_view what) const {
  error(given() ? shown().append(" ").append(what) : std::string(what));
}

void Value::complain_hidden(std::string_view what) const { error(std::string("the value ").append(what)); }

std::string const* Value::scalar(std::string_view expected) const {
  if (!given() || broken()) return nullptr;
  if (is(Kind::scalar)) return &node_->text;
  complain(std::string("is not ").append(expected));
  return nullptr;
}

std::string const* Value::plain_scalar(std::string_view expected) const {
  auto const* const text = scalar(expected);
  if (text == nullptr || node_->plain || node_->substituted) return text;
  complain(std::string("is quoted, so it is text; write ").append(expected).append(" without quotes"));
  return nullptr;
}

Milliseconds Value::duration(Milliseconds fallback, Range<Milliseconds> range) const {
  auto const* const text = scalar("a duration; write one as 250ms, 10s, 5m or 1h");
  if (text == nullptr) return fallback;
  auto const parsed = parse_duration(*text, range);
  if (!parsed) complain(parsed.error());
  return parsed.value_or(fallback);
}

std::optional<Milliseconds> Value::duration_or_null(Range<Milliseconds> range) const {
  if (!given() || is(Kind::null)) return std::nullopt;
  return duration(range.min, range);
}

std::uint64_t Value::size(std::uint64_t fallback, Range<std::uint64_t> range) const {
  auto const* const text = scalar("a size; write one as 512B, 64KiB, 32MiB or 1GiB");
  if (text == nullptr) return fallback;
  auto const parsed = parse_size(*text, range);
  if (!parsed) complain(parsed.error());
  return parsed.value_or(fallback);
}

std::int64_t Value::integer(std::int64_t fallback, Range<std::int64_t> range) const {
  auto const* const text = plain_scalar("a number");
  if (text == nullptr) return fallback;
  auto const parsed = parse_integer(*text, range);
  if (!parsed) complain(parsed.error());
  return parsed.value_or(fallback);
}

std::uint32_t Value::count(std::uint32_t fallback, Range<std::uint32_t> range) const {
  return static_cast<std::uint32_t>(integer(fallback, {range.min, range.max}));
}

bool Value::boolean(bool fallback) const {
  auto const* const text = plain_scalar("true or false");
  if (text == nullptr) return fallback;
  if (*text != "true" && *text != "false") complain("is neither true nor false");
  return *text == "true" || (*text != "false" && fallback);
}

std::optional<std::string> Value::text() const {
  auto const* const found = scalar("text");
  if (found == nullptr) return std::nullopt;
  bool const has_control = std::ranges::any_of(*found, [](char c) { return (c >= 0 && c < ' ') || c == 0x7F; });
  if (!found->empty() && !has_control) return *found;
  complain(has_control ? "has a line break or another control character" : "is empty");
  return std::nullopt;
}

std::optional<std::string> Value::text_or_null() const {
  if (is(Kind::null)) return std::nullopt;
  return text();
}

std::optional<std::string> Value::hidden_text() const {
  if (!given()) return std::nullopt;
  if (is(Kind::scalar)) return node_->text;
  complain_hidden("is not text");
  return std::nullopt;
}

Secret Value::secret() const {
  if (!given() || is(Kind::null)) return {};
  if (is(Kind::scalar) && is_visible(node_->text)) return Secret(node_->text);
  complain_hidden(is(Kind::scalar) && node_->text.empty()
                      ? "is empty; leave the key out where none is needed"
                      : "is not a key: it consists of visible ASCII characters, without spaces or line breaks");
  return {};
}

std::optional<std::size_t> Value::choice_index(std::span<std::string_view const> names) const {
  auto const* const text = scalar("one of " + one_of(names));
  if (text == nullptr) return std::nullopt;
  auto const found = std::ranges::find(names, std::string_view(*text));
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  // A nearest name would say much about a value that is not to be shown.
  auto const near = substituted() ? std::string_view() : nearest(*text, names);
  complain("is none of " + one_of(names) +
           (near.empty() ? std::string() : "; did you mean \"" + std::string(near) + "\"?"));
  return std::nullopt;
}

std::size_t Value::each_item(std::function<void(Value const&)> const& visit) const {
  if (!given()) return 0;
  if (!is(Kind::list)) {
    complain("is not a list; write one as [a, b], or [] for none");
    return 0;
  }
  std::size_t index = 0;
  for (auto const& entry : node_->entries) {
    visit(Value(*problems_, entry.value, entry.value->position, Trail{&trail_, {}, index}));
    ++index;
  }
  return index;
}

std::size_t Value::each_entry(std::function<void(std::string_view, Value const&)> const& visit) const {
  if (!given()) return 0;
  if (!is(Kind::mapping)) {
    complain("is not a mapping; write one as key: value, or {} for none");
    return 0;
  }
  for (auto const& entry : node_->entries) {
    visit(entry.key, Value(*problems_, entry.value, entry.key_position, Trail{&trail_, entry.key, 0}));
  }
  return node_->entries.size();
}

Section::Section(Value const& value, std::span<std::string_view const> known)
    : value_(value), usable_(value.is(Kind::mapping)) {
  if (usable_) {
    check_keys(known);
  } else if (value_.given()) {
    value_.complain("is not a mapping; write one as key: value, or {} for none");
  }
}

void Section::check_keys(std::span<std::string_view const> known) const {
  for (auto const& entry : value_.node_->entries) {
    if (std::ranges::find(known, std::string_view(entry.key)) != known.end()) continue;
    Value const unknown(*value_.problems_, entry.value, entry.key_position, Trail{&value_.trail_, entry.key, 0});
    // The library leaves merge keys to its user; they would make it hard to see where a value comes from.
    unknown.error(entry.key == "<<" ? "merge keys are not known here; an alias may stand for a whole value"
                                    : "no such key; " + suggestion(entry.key, known));
  }
}

Value Section::operator[](std::string_view key) const {
  if (usable_) {
    for (auto const& entry : value_.node_->entries) {
      if (entry.key != key) continue;
      auto const place = entry.value->kind == Kind::null ? entry.key_position : entry.value->position;
      return {*value_.problems_, entry.value, place, Trail{&value_.trail_, key, 0}};
    }
  }
  return {*value_.problems_, nullptr, value_.place_, Trail{&value_.trail_, key, 0}};
}

Value Section::required(std::string_view key) const {
  auto value = (*this)[key];
  if (!value.given() && usable_) value.error("must be given");
  return value;
}

}  // namespace inferway::config
