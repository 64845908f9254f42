#include "explanation.hpp"
#include "inferway/http/answer.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

namespace inferway::cli {
namespace {

/// Labels of the lines below a heading stand in a column.
void add_line(std::string& out, std::string_view label, std::string_view text) {
  constexpr std::size_t kLabelWidth = 10;
  out.append("  ").append(label).append(kLabelWidth - label.size(), ' ').append(text).append("\n");
}

void add_to_list(std::string& list, std::string const& item) {
  if (!list.empty()) list += ", ";
  list += item;
}

std::string refusal_text(Error const& refusal) {
  return std::to_string(http::answer_kind(refusal.code).status) + " " + std::string(name(refusal.code)) + ": " +
         refusal.detail;
}

std::string place_text(std::string_view place) {
  if (place == "json") return "in the JSON body";
  if (place == "--model") return "by --model, as in a JSON body";
  return "in the " + std::string(place);
}

void add_request(std::string& out, Explanation const& explanation) {
  auto const& request = explanation.request;
  out += request.method + " " + request.path + "\n";
  add_line(out, "dialect", name(request.dialect));
  if (request.model) {
    add_line(out, "model", *request.model + ", " + place_text(request.model_place));
  } else if (!request.model_looked_for && explanation.route) {
    add_line(out, "model", "not looked for: no route in question wants one");
  } else if (explanation.route) {
    add_line(out, "model", "none is named");
  }
  if (request.key) add_line(out, "key", *request.key);
}

std::string wanted_text(config::Match const& match, routing::Mismatch const& mismatch) {
  std::string out;
  if (mismatch.path) add_to_list(out, "path " + match.path);
  if (mismatch.method) add_to_list(out, "method " + *match.method);
  for (auto const index : mismatch.headers) {
    auto const& header = match.headers[index];
    add_to_list(out, "header " + header.name + ": " + (header.hidden ? "(not shown)" : header.value));
  }
  if (mismatch.model) add_to_list(out, "model " + *match.model);
  return out;
}

void add_route(std::string& out, config::Config const& config, std::size_t index, std::string const& verdict) {
  auto const& route = config.routes[index];
  auto const order = std::to_string(index + 1);
  out.append(5 - std::min<std::size_t>(order.size(), 5), ' ').append(order).append("  ").append(route.name);
  out += "  (line " + std::to_string(route.position.line) + ")  " + verdict + "\n";
}

void add_routes(std::string& out, config::Config const& config, Explanation const& explanation) {
  if (explanation.mismatches.empty() && !explanation.route) return;
  out += "\nRoutes (the first match wins)\n";
  auto const& mismatches = explanation.mismatches;
  for (std::size_t i = 0; i < mismatches.size(); ++i) {
    add_route(out, config, i, "no: wants " + wanted_text(config.routes[i].match, mismatches[i]));
  }
  if (!explanation.route) return;
  add_route(out, config, *explanation.route, "matches");
  auto const left = config.routes.size() - *explanation.route - 1;
  if (left > 0) out += "       " + std::to_string(left) + " more not looked at\n";
}

std::string endpoints_text(config::Backend const& backend) {
  std::string out;
  for (auto const& endpoint : backend.endpoints) {
    add_to_list(out, endpoint.url + (endpoint.weight == 1 ? "" : " weight " + std::to_string(endpoint.weight)));
  }
  return out;
}

std::string model_text(Choice const& choice) {
  auto const& model = *choice.target.model;
  if (!choice.renames) return model + " for the one that the request names; it names none";
  if (!choice.splice) return model + " for the one that the request names";
  auto const& splice = *choice.splice;
  auto const old = splice.offset ? std::to_string(*splice.length) + " bytes at " + std::to_string(*splice.offset)
                                 : std::string("the name");
  return model + ": " + splice.value + " takes the place of " + old + " in the body, all other bytes stay";
}

std::string timeouts_text(config::UpstreamTimeouts const& timeouts) {
  auto out = "connect " + config::print_duration(timeouts.connect);
  out += ", first_byte " + config::print_duration(timeouts.first_byte);
  if (timeouts.first_content) out += ", first_content " + config::print_duration(*timeouts.first_content);
  return out + ", idle " + config::print_duration(timeouts.idle) + ", total " + config::print_duration(timeouts.total);
}

void add_upstream_request(std::string& out, config::Backend const& backend, Choice const& choice) {
  auto const& first = choice.requests.front();
  bool const one_line =
      std::ranges::all_of(choice.requests, [&](auto const& other) { return other.line == first.line; });
  std::string to;
  if (choice.requests.size() > 1) {
    to = "to " + backend.endpoints.front().url + "; the others get their own Host" + (one_line ? "" : " and path");
  }
  add_line(out, "request", to.empty() ? "to the endpoint" : to);
  out += "    " + first.line + "\n";
  for (auto const& [name, value] : first.headers) out.append("    ").append(name).append(": ").append(value) += "\n";
}

void add_choice(std::string& out, config::Config const& config, Choice const& choice, std::string const& heading) {
  auto const& backend = config.backends[choice.target.backend];
  out += "\n" + heading + "\n";
  add_line(out, "api", name(backend.api));
  add_line(out, "balance", name(backend.balance));
  add_line(out, "endpoints", endpoints_text(backend));
  if (choice.refusal) {
    add_line(out, "refused", refusal_text(*choice.refusal));
    return;
  }
  if (choice.target.model) add_line(out, "model", model_text(choice));
  add_line(out, "timeouts", timeouts_text(choice.timeouts));
  add_upstream_request(out, backend, choice);
}

/// "90", "33.33".
std::string percent_text(double percent) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f", percent);
  std::string out(text.data());
  out.erase(out.find_last_not_of('0') + 1);
  if (out.ends_with('.')) out.pop_back();
  return out;
}

std::string retry_text(config::Retry const& retry) {
  if (retry.attempts == 0 || retry.on.empty()) return "none";
  std::string on;
  for (auto const kind : retry.on) add_to_list(on, std::string(name(kind)));
  auto out = std::to_string(retry.attempts) + " more on " + on + "; pauses of " +
             config::print_duration(retry.backoff) + " to " + config::print_duration(retry.max_backoff) + "; at most " +
             std::to_string(retry.budget_percent) + " % of the requests";
  return out;
}

void add_afterwards(std::string& out, config::Config const& config, Explanation const& explanation) {
  auto const& route = config.routes[*explanation.route];
  std::string order;
  for (auto const& target : route.fallback) {
    add_to_list(order, config.backends[target.backend].name + (target.model ? " as " + *target.model : ""));
  }
  out += "\nWhen that fails\n";
  add_line(out, "retry", retry_text(route.retry));
  add_line(out, "fallback", order.empty() ? "none" : order);
  for (std::size_t i = 0; i < explanation.fallback.size(); ++i) {
    auto const& choice = explanation.fallback[i];
    add_choice(out, config, choice,
               "Fallback " + std::to_string(i + 1) + ": " + config.backends[choice.target.backend].name);
  }
}

}  // namespace

std::string explanation_text(config::Config const& config, Explanation const& explanation) {
  std::string out;
  add_request(out, explanation);
  add_routes(out, config, explanation);
  if (explanation.refusal) {
    out += "\nRefused: " + refusal_text(*explanation.refusal) + "\n";
    return out;
  }
  if (explanation.answers_models) {
    out += "\nAnswered by the gateway itself: the models that its routes name\n";
    return out;
  }
  for (auto const& choice : explanation.to) {
    add_choice(out, config, choice,
               "To " + config.backends[choice.target.backend].name + ": " + percent_text(choice.share_percent) +
                   " % of the requests");
  }
  add_afterwards(out, config, explanation);
  return out;
}

}  // namespace inferway::cli
