#pragma once

#include "inferway/dialect/model_scan.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace inferway::dialect {

/// What JsonModelScanner has to find in a whole body, read byte by byte and without a thought of speed.
class PlainModelReader {
 public:
  struct Outcome {
    std::optional<ErrorCode> error;
    std::uint64_t at = 0;  ///< of the error, or of the model
    std::uint64_t length = 0;
    std::optional<std::string> model;
    bool operator==(Outcome const&) const = default;
  };

  explicit PlainModelReader(std::string_view text) : text_(text) {}

  Outcome read() {
    space();
    if (take('{', ErrorCode::invalid_json)) object();
    if (!out_.error) space();
    if (!out_.error && at_ < text_.size()) fail(ErrorCode::invalid_json, at_);
    if (out_.error) return Outcome{.error = out_.error, .at = out_.at, .length = 0, .model = {}};
    return out_;
  }

 private:
  [[nodiscard]] char now() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  static bool in(char c, std::string_view set) { return c != '\0' && set.find(c) != std::string_view::npos; }
  static bool is_scalar(char c) { return in(c, "+-.0123456789") || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
  void space() {
    while (in(now(), " \t\r\n")) ++at_;
  }
  void fail(ErrorCode code, std::size_t at) {
    if (!out_.error) out_ = {.error = code, .at = at, .length = 0, .model = {}};
  }
  bool take(char c, ErrorCode code) {
    if (at_ < text_.size() && text_[at_] == c) return ++at_, true;
    return fail(code, at_), false;
  }

  void object() {
    space();
    if (now() == '}') return void(++at_);
    while (true) {
      space();
      auto const begin = at_;
      auto const raw = string();
      if (!raw) return;
      auto const key = unescaped(*raw);
      bool const any_case = key && is_model(*key);
      bool const exact = key && *key == "model";
      if (any_case) {
        if (spelt_ && (exact || exact_)) return fail(ErrorCode::ambiguous_model, begin);
        spelt_ = true;
        exact_ = exact_ || exact;
      }
      space();
      if (!take(':', ErrorCode::invalid_json)) return;
      space();
      if (exact && at_ < text_.size() && text_[at_] != '"') return fail(ErrorCode::invalid_model, at_);
      value(exact);
      if (out_.error) return;
      space();
      if (now() == '}') return void(++at_);
      if (!take(',', ErrorCode::invalid_json)) return;
    }
  }
  static bool is_model(std::string key) {
    for (char& c : key) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    }
    return key == "model";
  }

  void value(bool is_the_model) {
    auto const begin = at_;
    if (now() == '"') {
      auto const raw = string();
      if (raw && is_the_model) model(*raw, begin);
    } else if (is_scalar(now())) {
      while (is_scalar(now())) ++at_;
    } else if (now() == '{' || now() == '[') {
      nested();
    } else {
      fail(ErrorCode::invalid_json, at_);
    }
  }

  void model(std::string_view raw, std::size_t begin) {
    auto const name = unescaped(raw);
    if (!name || name->empty() || name->size() > 1024) return fail(ErrorCode::invalid_model, begin);
    for (std::size_t i = 0; i < name->size(); ++i) {
      auto const byte = static_cast<unsigned char>((*name)[i]);
      bool const c1 = byte == 0xC2 && static_cast<unsigned char>((*name)[i + 1]) < 0xA0;
      if (byte < 0x20 || byte == 0x7F || c1) return fail(ErrorCode::invalid_model, begin);
    }
    out_.model = *name;
    out_.at = begin;
    out_.length = at_ - begin;
  }

  void nested() {
    std::string open;
    do {
      char const c = now();
      if (c == '"') {
        if (!string()) return;
        continue;
      }
      if (c == '{' || c == '[') {
        if (open.size() == 1023) return fail(ErrorCode::invalid_json, at_);
        open += c;
      } else if (c == '}' || c == ']') {
        if (open.back() != (c == '}' ? '{' : '[')) return fail(ErrorCode::invalid_json, at_);
        open.pop_back();
      } else if (!is_scalar(c) && !in(c, " \t\r\n,:")) {
        return fail(ErrorCode::invalid_json, at_);
      }
      ++at_;
    } while (!open.empty());
  }

  /// The inside of a string.
  std::optional<std::string_view> string() {
    if (!take('"', ErrorCode::invalid_json)) return std::nullopt;
    auto const begin = at_;
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '"') return ++at_, text_.substr(begin, at_ - 1 - begin);
      if (static_cast<unsigned char>(text_[at_]) < 0x20) break;
      if (text_[at_] != '\\') continue;
      ++at_;
      if (in(now(), "\"\\/bfnrt")) continue;
      if (now() != 'u') break;
      for (int i = 0; i < 4; ++i) {
        ++at_;
        if (!in(now(), "0123456789abcdefABCDEF")) return fail(ErrorCode::invalid_json, at_), std::nullopt;
      }
    }
    return fail(ErrorCode::invalid_json, at_), std::nullopt;
  }

  /// Nothing for lone surrogates and what is not UTF-8: neither can be a name.
  static std::optional<std::string> unescaped(std::string_view raw) {
    auto const parsed = nlohmann::json::parse('"' + std::string(raw) + '"', nullptr, false);
    return parsed.is_string() ? std::optional(parsed.get<std::string>()) : std::nullopt;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool spelt_ = false;
  bool exact_ = false;
  Outcome out_;
};

}  // namespace inferway::dialect
