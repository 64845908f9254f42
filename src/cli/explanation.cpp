#include "explanation.hpp"

#include "inferway/net/blocks.hpp"
#include "walk.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace inferway::cli {
namespace {

class Explainer {
 public:
  Explainer(config::Config const& config, Question const& question, SampleRequest const& sample)
      : compiled_(masked(config)), question_(question), sample_(sample) {}

  [[nodiscard]] std::expected<Explanation, std::string> run() {
    out_.request.method = question_.method;
    out_.request.path = question_.target.substr(0, question_.target.find('?'));
    if (auto const read = read_head(head_, sample_.head, compiled_.config.limits); !read) {
      out_.refusal = read.error();
      return std::move(out_);
    }
    Walk walk(compiled_, head_, sample_.body);
    auto const routed = walk.to_route();
    describe(walk);
    if (!routed) out_.refusal = routed.error();
    if (auto const wrong = contradiction()) return std::unexpected(*wrong);
    bool const decided =
        routed || out_.refusal->code == ErrorCode::route_not_found || out_.refusal->code == ErrorCode::model_not_found;
    out_.answers_models = walk.answers_models();
    bool const forwarded = routed && !out_.answers_models;
    if (forwarded) out_.route = walk.decision().route();
    if (decided) compare_routes(walk);
    if (forwarded) add_choices();
    return std::move(out_);
  }

 private:
  void describe(Walk const& walk) {
    auto& request = out_.request;
    auto const& decision = walk.decision();
    request.path = decision.path();
    request.dialect = decision.dialect();
    request.model_looked_for = walk.model_looked_for();
    request.model = decision.model();
    if (request.model) request.model_place = place(decision.model_place());
    if (auto const* const key = walk.caller().key()) request.key = std::string(key->name());
  }

  [[nodiscard]] std::string place(proxy::ModelPlace where) const {
    switch (where) {
      case proxy::ModelPlace::none: return "";
      case proxy::ModelPlace::json: return sample_.body_made_up ? "--model" : "json";
      case proxy::ModelPlace::form: return "form";
      case proxy::ModelPlace::query: return "query";
      case proxy::ModelPlace::path: return "path";
    }
    return "";
  }

  /// What the question says about one thing in two ways.
  [[nodiscard]] std::optional<std::string> contradiction() const {
    bool const body_counts = !out_.refusal || out_.refusal->code != ErrorCode::body_too_large;
    if (body_counts && head_.framing != http::BodyFraming::chunked && head_.content_length != sample_.body.size()) {
      return "Content-Length is " + std::to_string(head_.content_length) + ", and the body has " +
             std::to_string(sample_.body.size()) + " bytes";
    }
    if (!question_.model) return std::nullopt;
    Walk walk(compiled_, head_, sample_.body);
    auto const found = walk.to_model();
    auto const where = walk.decision().model_place();
    if (sample_.body_made_up && where == proxy::ModelPlace::form) {
      return "--model stands for a JSON body, and Content-Type is a form's: give --body";
    }
    if (!found || walk.decision().model() == question_.model) return std::nullopt;
    if (!walk.decision().model()) return "--model names a model, and --body none";
    return "--model is '" + *question_.model + "', and the request's " + std::string(place(where)) + " names '" +
           *walk.decision().model() + "'";
  }

  void compare_routes(Walk const& walk) {
    auto const& routes = compiled_.config.routes;
    routing::Query const query{.method = head_.method, .path = walk.decision().path(), .head = head_};
    auto const count = out_.route.value_or(routes.size());
    for (std::size_t i = 0; i < count; ++i) {
      auto found = routing::mismatch(routes[i].match, query, walk.decision().model());
      // Nobody knows a model that was not looked for; another reason was enough.
      found.model = found.model && walk.model_looked_for();
      out_.mismatches.push_back(std::move(found));
    }
  }

  void add_choices() {
    auto const& route = compiled_.config.routes[*out_.route];
    double sum = 0;
    for (auto const& target : route.to) sum += target.weight;
    for (auto const& target : route.to) {
      auto choice = choose(route, target);
      choice.share_percent = std::round(10'000 * target.weight / sum) / 100;
      out_.to.push_back(std::move(choice));
    }
    for (auto const& target : route.fallback) out_.fallback.push_back(choose(route, target));
  }

  [[nodiscard]] Choice choose(config::Route const& route, config::Target const& target) {
    auto const plan = proxy::plan_target(compiled_.config, route, target);
    Choice choice;
    choice.target = target;
    choice.timeouts = plan.timeouts;
    Walk walk(compiled_, head_, sample_.body);
    auto const settled = walk.to_choice(plan);
    if (walk.model_looked_for() && !out_.request.model_looked_for) describe(walk);
    if (!settled) {
      choice.refusal = settled.error();
      return choice;
    }
    choice.renames = target.model && walk.decision().model();
    if (*settled) {
      choice.splice = {.value = std::string((*settled)->value), .offset = std::nullopt, .length = std::nullopt};
      if (!sample_.body_made_up) {
        choice.splice->offset = (*settled)->offset;
        choice.splice->length = (*settled)->length;
      }
    }
    auto const& endpoints = compiled_.config.backends[target.backend].endpoints;
    for (auto const& endpoint : endpoints) choice.requests.push_back(written(walk, target.backend, endpoint));
    return choice;
  }

  /// The head as the gateway writes it; what only a client's connection tells is named in its place.
  [[nodiscard]] UpstreamRequest written(Walk const& walk, std::size_t backend, config::Endpoint const& endpoint) const {
    auto client = masked(head_, compiled_.config);
    if (sample_.host_made_up && question_.target.starts_with('/')) client.host = "<the request's host>";
    auto const query = masked_query(walk.decision().upstream_query());
    net::BlockPool pool;
    net::Buffer buffer(pool);
    proxy::write_upstream_head(buffer, {.client = client,
                                        .endpoint = endpoint,
                                        .backend = compiled_.backends[backend],
                                        .withheld = walk.caller().withheld(),
                                        .path = walk.decision().upstream_path(),
                                        .query = query,
                                        .has_query = walk.decision().has_upstream_query(),
                                        .peer = "<client address>",
                                        .secure = tls_listeners() == Listeners::all,
                                        .request_id = proxy::client_request_id(head_).value_or("<generated>"),
                                        .framing = walk.upstream_framing()});
    auto out = taken_apart(buffer.view());
    for (auto& [name, value] : out.headers) {
      if (name == "Content-Length" && sample_.body_made_up) value = "<of the body>";
      if (name == "X-Forwarded-Proto" && tls_listeners() == Listeners::some) value = "<http or https>";
    }
    return out;
  }

  enum class Listeners : std::uint8_t { none, some, all };

  /// Those with TLS: who speaks to one of them has come by https.
  [[nodiscard]] Listeners tls_listeners() const {
    auto const& all = compiled_.config.listen;
    auto const count = std::ranges::count_if(all, [](config::Listen const& listen) { return listen.tls.has_value(); });
    if (count == 0) return Listeners::none;
    return count == std::ssize(all) ? Listeners::all : Listeners::some;
  }

  proxy::CompiledConfig compiled_;
  Question const& question_;
  SampleRequest const& sample_;
  http::RequestHead head_;
  Explanation out_;
};

}  // namespace

bool Explanation::refused() const {
  return refusal ||
         std::ranges::any_of(to, [](Choice const& choice) { return choice.refusal && choice.target.weight > 0; });
}

std::expected<Explanation, std::string> explain(config::Config const& config, Question const& question) {
  auto const sample = sample_request(question);
  if (!sample) return std::unexpected(sample.error());
  return Explainer(config, question, *sample).run();
}

}  // namespace inferway::cli
