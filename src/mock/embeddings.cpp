#include "api.hpp"
#include "base64.hpp"
#include "generation.hpp"

#include <bit>
#include <cstring>
#include <optional>

namespace inferway::mock {

namespace {

constexpr std::uint64_t kDefaultDimensions = 16;
constexpr std::uint64_t kMaxDimensions = 65'536;
constexpr std::size_t kMaxInputs = 2'048;

/// The four forms of `input`: a text, several texts, one text's token ids, several texts' token ids.
std::vector<std::string> inputs_of(Json const& input) {
  std::vector<std::string> inputs;
  bool const several = input.is_array() && !input.empty() && !input.front().is_number();
  if (!several) {
    inputs.push_back(text_in(input));
  } else {
    for (auto const& one : input) inputs.push_back(text_in(one));
  }
  return inputs;
}

/// Little-endian 32-bit floats in base64: what the official clients ask for.
Json as_base64(std::vector<float> const& vector) {
  static_assert(std::endian::native == std::endian::little);
  std::string bytes(vector.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), vector.data(), bytes.size());
  return base64(bytes);
}

std::optional<std::uint64_t> dimensions_of(Json const& call) {
  auto const given = call.find("dimensions");
  if (given == call.end() || given->is_null()) return kDefaultDimensions;
  if (!given->is_number_unsigned()) return std::nullopt;
  auto const dimensions = given->get<std::uint64_t>();
  if (dimensions < 1 || dimensions > kMaxDimensions) return std::nullopt;
  return dimensions;
}

}  // namespace

Answer embeddings(Request const& /*request*/, Json const& call, Behaviour const& behaviour) {
  auto const dimensions = dimensions_of(call);
  if (!dimensions) {
    return error_reply(400, "'dimensions' is no number from 1 to 65536.", "invalid_request_error", "invalid_type");
  }
  auto const input = call.find("input");
  if (input == call.end() || (!input->is_string() && !input->is_array()) || input->empty() ||
      input->size() > kMaxInputs) {
    return error_reply(400, "'input' has to be a text or a list of 1 to 2048.", "invalid_request_error",
                       "missing_required_parameter");
  }
  bool const as_text = call.value("encoding_format", Json("float")) == "base64";
  auto const model = call.at("model").get<std::string>();
  Json data = Json::array();
  std::uint64_t tokens = 0;
  for (auto const& text : inputs_of(*input)) {
    auto const vector = made_up_embedding(mix(mix(behaviour.seed, model), text), *dimensions);
    data.push_back(
        {{"object", "embedding"}, {"index", data.size()}, {"embedding", as_text ? as_base64(vector) : Json(vector)}});
    tokens += count_words(text);
  }
  Json const body{{"object", "list"},
                  {"data", std::move(data)},
                  {"model", model},
                  {"usage", {{"prompt_tokens", tokens}, {"total_tokens", tokens}}}};
  return Reply{.body = dump(body), .generated = true, .tokens = 0};
}

}  // namespace inferway::mock
