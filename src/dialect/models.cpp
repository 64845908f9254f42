// OpenAI: "Models"; Anthropic: "List Models", "Get a Model"; Gemini: "models.list", "models.get".

#include "inferway/dialect/models.hpp"

#include "inferway/base/text.hpp"
#include "inferway/http/target.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace inferway::dialect {

namespace {

constexpr std::string_view kModels = "/v1/models";
constexpr std::string_view kBetaModels = "/v1beta/models";
constexpr std::size_t kMostOnAPage = 1000;

void append_string(std::string& out, std::string_view text) {
  out += '"';
  append_json_escaped(out, text);
  out += '"';
}

void append_string_or_null(std::string& out, std::string_view text, bool given) {
  if (given) {
    append_string(out, text);
  } else {
    out += "null";
  }
}

/// 2026-01-02T03:04:05Z
std::string rfc3339(Seconds time) {
  auto const day = std::chrono::floor<std::chrono::days>(time);
  std::chrono::year_month_day const date(day);
  std::chrono::hh_mm_ss const clock(time - day);
  std::string out;
  auto const append = [&out](std::int64_t value, std::size_t width, std::string_view behind) {
    auto const digits = std::to_string(value);
    out.append(width - std::min(width, digits.size()), '0').append(digits).append(behind);
  };
  append(static_cast<int>(date.year()), 4, "-");
  append(static_cast<unsigned>(date.month()), 2, "-");
  append(static_cast<unsigned>(date.day()), 2, "T");
  append(clock.hours().count(), 2, ":");
  append(clock.minutes().count(), 2, ":");
  append(clock.seconds().count(), 2, "Z");
  return out;
}

void append_openai(std::string& out, std::string_view id, Seconds since) {
  out += R"({"id":)";
  append_string(out, id);
  out.append(R"(,"object":"model","created":)").append(std::to_string(since.time_since_epoch().count()));
  out += R"(,"owned_by":"inferway"})";
}

/// What the gateway cannot know is null, as the API allows.
void append_anthropic(std::string& out, std::string_view id, Seconds since) {
  out += R"({"type":"model","id":)";
  append_string(out, id);
  out += R"(,"display_name":)";
  append_string(out, id);
  out.append(R"(,"created_at":")").append(rfc3339(since));
  out += R"(","max_input_tokens":null,"max_tokens":null,"capabilities":null})";
}

void append_gemini(std::string& out, std::string_view id) {
  out += R"({"name":"models/)";
  append_json_escaped(out, id);
  out += R"(","displayName":)";
  append_string(out, id);
  out += R"(,"supportedGenerationMethods":["generateContent","countTokens"]})";
}

void append_object(std::string& out, Api dialect, std::string_view id, Seconds since) {
  switch (dialect) {
    case Api::anthropic: return append_anthropic(out, id, since);
    case Api::gemini: return append_gemini(out, id);
    case Api::openai:
    case Api::ollama: break;  // Ollama has OpenAI's under this path
  }
  append_openai(out, id, since);
}

void append_objects(std::string& out, Api dialect, std::span<std::string_view const> ids, Seconds since) {
  out += '[';
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i > 0) out += ',';
    append_object(out, dialect, ids[i], since);
  }
  out += ']';
}

auto refuse(std::string_view name, std::string_view why) {
  return client_error(ErrorCode::bad_request, std::string(name) + std::string(why));
}

/// A parameter that is a number from `least` on; `fallback` when it is absent or empty.
Result<std::size_t> number(std::string_view query, std::string_view name, std::size_t least, std::size_t fallback) {
  auto const text = http::query_parameter(query, name);
  if (!text) return std::unexpected(text.error());
  if (!*text || (*text)->empty()) return fallback;
  auto const value = parse_decimal(**text);
  if (!value || *value < least) return refuse(name, " is not a number from " + std::to_string(least) + " on");
  return static_cast<std::size_t>(*value);
}

/// Where in `ids` the model stands that a parameter names; nothing when it is absent.
Result<std::optional<std::size_t>> cursor(std::span<std::string_view const> ids, std::string_view query,
                                          std::string_view name) {
  auto const text = http::query_parameter(query, name);
  if (!text) return std::unexpected(text.error());
  if (!*text || (*text)->empty()) return std::nullopt;
  auto const found = std::ranges::find(ids, **text);
  if (found == ids.end()) return refuse(name, " names no model of the list");
  return static_cast<std::size_t>(found - ids.begin());
}

/// A page behind after_id, or the one that ends before before_id.
Result<std::string> anthropic_list(std::span<std::string_view const> ids, std::string_view query, Seconds since) {
  auto const limit = number(query, "limit", 1, 20);
  if (!limit) return std::unexpected(limit.error());
  if (*limit > kMostOnAPage) return refuse("limit", " is above " + std::to_string(kMostOnAPage));
  auto const after = cursor(ids, query, "after_id");
  if (!after) return std::unexpected(after.error());
  auto const before = cursor(ids, query, "before_id");
  if (!before) return std::unexpected(before.error());
  if (*after && *before) return refuse("after_id", " and before_id exclude each other");
  std::size_t const end = *before ? **before : std::min(ids.size(), (*after ? **after + 1 : 0) + *limit);
  std::size_t const begin = *before ? end - std::min(end, *limit) : (*after ? **after + 1 : 0);
  auto const page = ids.subspan(begin, end - begin);
  std::string out = R"({"data":)";
  append_objects(out, Api::anthropic, page, since);
  out.append(R"(,"has_more":)").append((*before ? begin > 0 : end < ids.size()) ? "true" : "false");
  out += R"(,"first_id":)";
  append_string_or_null(out, page.empty() ? std::string_view() : page.front(), !page.empty());
  out += R"(,"last_id":)";
  append_string_or_null(out, page.empty() ? std::string_view() : page.back(), !page.empty());
  return out += '}';
}

/// pageToken is how many models came before; a client takes it from the page before and does not look inside.
Result<std::string> gemini_list(std::span<std::string_view const> ids, std::string_view query, Seconds since) {
  auto const size = number(query, "pageSize", 0, 0);
  if (!size) return std::unexpected(size.error());
  auto const begin = number(query, "pageToken", 0, 0);
  if (!begin) return std::unexpected(begin.error());
  if (*begin > ids.size()) return refuse("pageToken", " is none of this list");
  auto const page =
      ids.subspan(*begin).first(std::min(ids.size() - *begin, *size == 0 ? 50 : std::min(*size, kMostOnAPage)));
  std::string out = R"({"models":)";
  append_objects(out, Api::gemini, page, since);
  auto const end = *begin + page.size();
  if (end < ids.size()) out.append(R"(,"nextPageToken":")").append(std::to_string(end)).append("\"");
  return out += '}';
}

bool is_openai_endpoint(std::string_view path) {
  static constexpr auto kEnds =
      std::to_array<std::string_view>({"/chat/completions", "/completions", "/embeddings", "/responses"});
  return std::ranges::any_of(kEnds, [&](std::string_view end) { return path.ends_with(end); });
}

}  // namespace

std::optional<ModelsQuestion> models_question(std::string_view path) {
  bool const beta = path.starts_with(kBetaModels);
  if (!beta && !path.starts_with(kModels)) return std::nullopt;
  if (ends_in_gemini_method(path)) return std::nullopt;  // it is no model's
  path.remove_prefix(beta ? kBetaModels.size() : kModels.size());
  if (path.empty()) return ModelsQuestion{.beta = beta, .id = std::nullopt};
  if (path.front() != '/' || path.size() == 1) return std::nullopt;
  auto id = http::percent_decode(path.substr(1));
  if (!id) return std::nullopt;
  return ModelsQuestion{.beta = beta, .id = std::move(id)};
}

Api client_dialect(std::string_view path, http::RequestHead const& head) {
  if (path == "/v1/chat/completions") return Api::openai;  // what most requests are; the long way says the same
  auto const dialect = client_dialect(path);
  // All that is not known counts as OpenAI's. On such a path (a prefix of the operator's own, or the models resource
  // that two APIs share) a field tells that only one of the others' clients sends.
  if (dialect != Api::openai || is_openai_endpoint(path)) return dialect;
  if (head.find("anthropic-version") != nullptr) return Api::anthropic;
  bool const shared = path.starts_with(kModels) && (path.size() == kModels.size() || path[kModels.size()] == '/');
  return !shared && head.find(http::FieldId::x_goog_api_key) != nullptr ? Api::gemini : Api::openai;
}

std::string model_object(Api dialect, std::string_view id, Seconds since) {
  std::string out;
  append_object(out, dialect, id, since);
  return out;
}

Result<std::string> models_list(Api dialect, std::span<std::string_view const> ids, std::string_view query,
                                Seconds since) {
  if (dialect == Api::anthropic) return anthropic_list(ids, query, since);
  if (dialect == Api::gemini) return gemini_list(ids, query, since);
  std::string out = R"({"object":"list","data":)";
  append_objects(out, dialect, ids, since);
  return out += '}';
}

}  // namespace inferway::dialect
