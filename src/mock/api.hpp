#pragma once

#include "inferway/mock/behaviour.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// The API of the mock: a request in, an answer out, no socket and no clock.
namespace inferway::mock {

using Json = nlohmann::ordered_json;

struct Request {
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;  ///< as received, in order
  std::string body;
  std::int64_t now = 0;  ///< seconds since 1970

  [[nodiscard]] std::string_view path() const { return std::string_view(target).substr(0, target.find('?')); }
  /// The first value of a header, or "". `name` in any case.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

/// An answer that is made whole before it is sent.
struct Reply {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  bool generated = false;  ///< a model's work: it takes the time of its tokens, and may be cut
  std::uint64_t tokens = 0;
};

/// An answer that is sent event by event. The functions are called in this order, each token once.
struct EventStream {
  std::vector<std::string> opening;
  std::uint64_t tokens = 0;
  std::function<std::string(std::uint64_t)> token;
  std::function<std::vector<std::string>()> closing;
  std::function<std::string(Behaviour const&)> failure;  ///< the event of an error; none: it cannot fail half-way
};

/// The call opens a session of the Realtime API.
struct Realtime {
  std::string model;
};

using Answer = std::variant<Reply, EventStream, Realtime>;

/// The models a call may name; empty: any.
using Models = std::vector<std::string>;

/// Answers a request of the API (/v1/...), /live, /ready and /echo.
[[nodiscard]] Answer answer(Request const& request, Models const& models, Behaviour const& behaviour);

// What the endpoints are made of.
[[nodiscard]] std::string dump(Json const& json);
[[nodiscard]] Reply json_reply(Json const& json);
/// The error envelope. `code` "" stands for null.
[[nodiscard]] Reply error_reply(unsigned status, std::string_view message, std::string_view type,
                                std::string_view code);
/// As error_reply, with the type and code that go with the status.
[[nodiscard]] Reply status_reply(unsigned status);
/// "data: ...\n\n"
[[nodiscard]] std::string data_event(std::string_view data);

[[nodiscard]] Answer chat_completion(Request const& request, Json const& call, Behaviour const& behaviour);
[[nodiscard]] Answer text_completion(Request const& request, Json const& call, Behaviour const& behaviour);
[[nodiscard]] Answer response(Request const& request, Json const& call, Behaviour const& behaviour);
[[nodiscard]] Answer embeddings(Request const& request, Json const& call, Behaviour const& behaviour);
[[nodiscard]] Answer transcription(Request const& request, Models const& models, Behaviour const& behaviour);
[[nodiscard]] Answer file_upload(Request const& request);
[[nodiscard]] Answer realtime(Request const& request, Models const& models);
[[nodiscard]] Answer model_list(Request const& request, Models const& models);
[[nodiscard]] Answer model(Request const& request, Models const& models, std::string_view id);
/// What came, as JSON: {method, target, headers: [[name, value]...], body_base64, body_length}.
[[nodiscard]] Answer echo(Request const& request);

[[nodiscard]] bool knows(Models const& models, std::string_view model);
[[nodiscard]] Reply unknown_model(std::string_view model);

}  // namespace inferway::mock
