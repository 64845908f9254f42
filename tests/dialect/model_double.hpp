#pragma once

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace inferway::dialect {

/// A chat server in a few lines: it answers every conversation with one text, and continues the beginning of it that an
/// assistant's last message bears. What each stream is called differs, as it does between two servers.
class ModelDouble {
 public:
  using Json = nlohmann::ordered_json;

  explicit ModelDouble(std::vector<std::string> tokens, std::string eol = "\n")
      : tokens_(std::move(tokens)), eol_(std::move(eol)) {}

  bool trims = false;             ///< its template cuts white space off messages
  bool escapes = false;           ///< it writes ASCII alone
  bool continuous_usage = false;  ///< each chunk bears the usage so far

  [[nodiscard]] std::string text() const {
    std::string text;
    for (auto const& token : tokens_) text += token;
    return text;
  }

  /// The events that answer a request, one string each.
  [[nodiscard]] std::vector<std::string> answer(std::string_view body, int stream) const {
    auto const call = Json::parse(body);
    auto const begun = partial_text(call);
    std::uint64_t const limit = call.value("max_tokens", std::uint64_t{100'000});
    std::uint64_t const prompt = 7 + tokens_before(begun);
    std::vector<std::string> events{": hello" + eol_ + eol_};
    std::uint64_t written = 0;
    auto const usage = [&] {
      return Json{{"prompt_tokens", prompt}, {"completion_tokens", written}, {"total_tokens", prompt + written}};
    };
    auto const chunk = [&](Json delta, Json const& finish) {
      Json const choice{{"index", 0}, {"delta", std::move(delta)}, {"logprobs", nullptr}, {"finish_reason", finish}};
      events.push_back(event(stream, Json::array({choice}), continuous_usage ? usage() : Json()));
    };
    chunk({{"role", "assistant"}, {"content", ""}}, nullptr);
    auto rest = text().substr(begun.size());
    for (auto const& token : rest_of_tokens(begun)) {
      if (written == limit) break;
      ++written;
      chunk({{"content", token}}, nullptr);
      rest.erase(0, token.size());
    }
    chunk(Json::object(), rest.empty() ? "stop" : "length");
    if (call.contains("stream_options")) events.push_back(event(stream, Json::array(), usage()));
    events.push_back("data: [DONE]" + eol_ + eol_);
    return events;
  }

 private:
  [[nodiscard]] std::string partial_text(Json const& call) const {
    auto const& last = call.at("messages").back();
    if (last.at("role") != "assistant") return {};
    auto begun = last.at("content").get<std::string>();
    while (trims && !begun.empty() && std::string_view(" \n\t\r").contains(begun.back())) begun.pop_back();
    return begun;
  }

  /// The first of them may be the rest of one that was begun.
  [[nodiscard]] std::vector<std::string> rest_of_tokens(std::string_view begun) const {
    std::vector<std::string> rest;
    std::size_t skip = begun.size();
    for (auto const& token : tokens_) {
      if (skip < token.size()) rest.push_back(token.substr(skip));
      skip -= std::min(skip, token.size());
    }
    return rest;
  }

  [[nodiscard]] std::uint64_t tokens_before(std::string_view begun) const {
    return tokens_.size() - rest_of_tokens(begun).size();
  }

  [[nodiscard]] std::string event(int stream, Json choices, Json usage) const {
    Json const body{{"id", "chatcmpl-" + std::to_string(stream)},
                    {"object", "chat.completion.chunk"},
                    {"created", 1700000000 + stream},
                    {"model", "m" + std::to_string(stream)},
                    {"system_fingerprint", stream == 1 ? Json("fp_1") : Json()},
                    {"choices", std::move(choices)},
                    {"usage", std::move(usage)}};
    return "data: " + body.dump(-1, ' ', escapes) + eol_ + eol_;
  }

  std::vector<std::string> tokens_;
  std::string eol_;
};

}  // namespace inferway::dialect
