#pragma once

#include "api.hpp"

#include <gtest/gtest.h>

#include <string>

namespace inferway::mock {

inline constexpr std::int64_t kNow = 1'767'225'600;

inline Request post(std::string target, Json const& body) {
  return {.method = "POST", .target = std::move(target), .headers = {}, .body = dump(body), .now = kNow};
}

inline Request get(std::string target) {
  return {.method = "GET", .target = std::move(target), .headers = {}, .body = {}, .now = kNow};
}

inline Json chat(std::string const& prompt) {
  return {{"model", "m-1"}, {"messages", Json::array({Json{{"role", "user"}, {"content", prompt}}})}};
}

inline Reply reply_to(Request const& request, Models const& models = {}, Behaviour const& behaviour = {}) {
  auto const answered = answer(request, models, behaviour);
  EXPECT_TRUE(std::holds_alternative<Reply>(answered));
  return std::holds_alternative<Reply>(answered) ? std::get<Reply>(answered) : Reply{};
}

inline Json body_of(Reply const& reply) { return Json::parse(reply.body); }

/// All events of a stream, as they go over the wire.
inline std::vector<std::string> events_of(Request const& request, Behaviour const& behaviour = {}) {
  auto const answered = answer(request, {}, behaviour);
  EXPECT_TRUE(std::holds_alternative<EventStream>(answered));
  if (!std::holds_alternative<EventStream>(answered)) return {};
  auto const& stream = std::get<EventStream>(answered);
  auto events = stream.opening;
  for (std::uint64_t i = 0; i < stream.tokens; ++i) events.push_back(stream.token(i));
  for (auto& event : stream.closing()) events.push_back(std::move(event));
  return events;
}

/// The JSON of an event's data line.
inline Json data_of(std::string const& event) {
  auto const begin = event.find("data: ");
  EXPECT_NE(begin, std::string::npos) << event;
  EXPECT_TRUE(event.ends_with("\n\n")) << event;
  return Json::parse(event.substr(begin + 6));
}

}  // namespace inferway::mock
