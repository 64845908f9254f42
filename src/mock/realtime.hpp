#pragma once

#include "api.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace inferway::mock {

/// One session of the Realtime API: the client's messages in, the server's events out. Text alone is answered; audio is
/// taken and counted.
class RealtimeSession {
 public:
  /// `number` makes its id.
  RealtimeSession(std::string_view model, Behaviour const& behaviour, std::int64_t now, std::uint64_t number);

  /// session.created, which the server sends unasked.
  [[nodiscard]] std::string opening();
  /// The events that answer one message; those of a response have tokens.
  [[nodiscard]] EventStream answer(std::string_view message);

 private:
  [[nodiscard]] std::string event(std::string_view type, Json const& more);
  [[nodiscard]] EventStream one(std::string event) const;
  [[nodiscard]] EventStream error(Json const& call, std::string_view code, std::string_view message, Json param);
  [[nodiscard]] EventStream update_session(Json const& call);
  [[nodiscard]] EventStream create_item(Json const& call);
  [[nodiscard]] EventStream append_audio(Json const& call);
  [[nodiscard]] EventStream commit_audio(Json const& call);
  [[nodiscard]] EventStream create_response(Json const& call);
  [[nodiscard]] std::vector<std::string> add_item(Json item);
  [[nodiscard]] std::string next_id(std::string_view prefix);

  Behaviour behaviour_;
  std::int64_t now_;
  std::uint64_t number_;
  std::uint64_t events_ = 0;
  std::uint64_t ids_ = 0;
  std::uint64_t audio_bytes_ = 0;  ///< as base64, not committed yet
  Json session_;
  Json items_ = Json::array();  ///< the conversation
};

}  // namespace inferway::mock
