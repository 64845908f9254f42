// From a request's head to its route and hops: all that is decided before anybody is asked.

#include "exchange.hpp"
#include "inferway/balance/weighted.hpp"
#include "inferway/base/hex.hpp"
#include "inferway/dialect/model_scan.hpp"
#include "inferway/http/answer.hpp"
#include "inferway/proxy/models.hpp"

#include <array>
#include <cstring>

namespace inferway::proxy {

/// Goes on with the admission, as far as it gets. False: more of the body has to come first. It is answered already
/// when there is no hop then.
Result<bool> Exchange::admit() {
  while (true) {
    switch (admission_) {
      case Admission::caller: {
        auto const known = identify();
        if (!known) return std::unexpected(known.error());
        break;
      }
      case Admission::model_for_route: {
        auto const found = find_model();
        if (!found || !*found) return found;
        admission_ = Admission::route;
        break;
      }
      case Admission::route: {
        auto const chosen = choose_route();
        if (!chosen) return std::unexpected(chosen.error());
        break;
      }
      case Admission::model_for_caller: {
        auto const checked = check_model();
        if (!checked || !*checked) return checked;
        admission_ = Admission::hops;
        break;
      }
      case Admission::hops: choose_hops(); break;
      case Admission::model_for_hops: {
        auto const found = find_model();
        if (!found || !*found) return found;
        admission_ = Admission::count;
        break;
      }
      case Admission::count: {
        admission_ = Admission::done;
        auto const counted = request_->caller.count_request(proxy_.loop_.now());
        if (!counted) return std::unexpected(counted.error());
        break;
      }
      case Admission::done:
      case Admission::refused: return true;
    }
  }
}

Result<void> Exchange::identify() {
  choose_request_id();
  auto const checked = request_->decision.check();
  dialect_ = request_->decision.dialect();
  record_.path = request_->decision.path();
  if (!checked) return checked;
  if (auto const identified = request_->caller.identify(proxy_.sha256_); !identified) return identified;
  if (request_->caller.key_index()) record_.key = *request_->caller.key_index();
  if (!request_->caller.withheld_parameters().empty())
    request_->decision.withhold(request_->caller.withheld_parameters());
  auto const candidates = request_->decision.candidates();
  // Before a byte of the body is read, or anything told about what routes there are.
  if (auto const known = request_->caller.check_candidates(candidates); !known) return known;
  admission_ = candidates.needs_model ? Admission::model_for_route : Admission::route;
  // Whichever route wins: the body need not be read to know.
  return candidates.needs_model ? shed(candidates.priority) : Result<void>();
}

Result<void> Exchange::choose_route() {
  auto const route = request_->decision.match();
  auto const known = request_->caller.check_route(route ? std::optional(*route) : std::nullopt);
  if (!known) return known;
  admission_ = Admission::done;
  if (!route) return answer_models(route.error());
  record_.route = static_cast<std::uint32_t>(*route);
  admission_ = request_->caller.wants_model() ? Admission::model_for_caller : Admission::hops;
  return shed(proxy_.snapshot_.config.routes[*route].priority);
}

void Exchange::choose_hops() {
  auto const& plan = proxy_.snapshot_.plans[record_.route];
  hops_ = {plan.to[balance::choose_weighted(plan.weights, proxy_.upstream_.random())], plan.fallback};
  record_.backend = static_cast<std::uint32_t>(hops_[0].backend);
  // A route that does not match by model may rename it all the same; and what is to be continued has to be known.
  bool const resumes = plan.resumes && request_->decision.path().ends_with("/chat/completions");
  bool const wanted = hops_[0].model || plan.fallback_renames || resumes;
  admission_ = wanted && !request_->model_sought ? Admission::model_for_hops : Admission::count;
}

/// Where the route did not want to know the model, it is looked for now: a backend would act on it. False: as admit().
Result<bool> Exchange::check_model() {
  bool const has_body =
      request_->scanner != nullptr || (head_.framing != http::BodyFraming::none && !downstream_.body_done());
  if (!request_->model_sought || request_->scanner != nullptr) {
    auto const found = find_model();
    if (found && !*found) return false;
    // That an empty body should name a model holds for routes by model only.
    bool const empty = !has_body && !found && found.error().code == ErrorCode::invalid_json;
    if (!found && !empty) return found;
  }
  auto const allowed = request_->caller.check_model(request_->decision, has_body || request_->body_read);
  if (!allowed) return std::unexpected(allowed.error());
  return true;
}

/// No route takes it; it may ask for the models there are.
Result<void> Exchange::answer_models(Error const& no_route) {
  auto const& snapshot = proxy_.snapshot_;
  auto const answer = proxy::answer_models(snapshot, request_->decision, request_->caller, head_, snapshot.since);
  if (!answer) return std::unexpected(no_route);
  if (answer->id && dialect::complaint_about_model_name(*answer->id).empty()) record_.model.assign(*answer->id);
  if (!answer->body) return std::unexpected(answer->body.error());
  server::AnswerField const more[] = {{"Content-Type", "application/json"}, {"x-request-id", request_id_}};
  record_.status = 200;
  downstream_.send_head({.status = record_.status,
                         .reason = http::reason_phrase(record_.status),
                         .fields = {},
                         .more = more,
                         .body = true,
                         .length = answer->body->size(),
                         .close = request_->decision.websocket()});
  std::string_view const pieces[] = {*answer->body};
  downstream_.send_body(pieces, server::More::none);
  return {};
}

/// The client's own id where it is harmless, else a new one.
void Exchange::choose_request_id() {
  if (auto const id = client_request_id(head_)) {
    record_.request_id = *id;
  } else {
    std::array<char, 32> digits;  // filled below
    for (std::size_t i = 0; i < digits.size(); i += 8) {
      auto const some = hex_digits(static_cast<std::uint32_t>(proxy_.upstream_.random()()));
      std::memcpy(digits.data() + i, some.data(), some.size());
    }
    record_.request_id = std::string_view(digits.data(), digits.size());
  }
  request_id_ = record_.request_id.view();  // outlives the head
}

/// The model from where it stands. False: that is the body, of which there is more to come.
Result<bool> Exchange::find_model() {
  if (request_->scanner != nullptr) {
    auto const whole = scan_some(*request_->scanner);
    if (!whole || !*whole) return whole;
    request_->scanner.reset();
  } else {
    request_->model_sought = true;
    auto scanner =
        request_->decision.look_for_model(head_.framing != http::BodyFraming::none && !downstream_.body_done());
    if (!scanner) return std::unexpected(scanner.error());
    if (*scanner) {
      auto const whole = scan_some(**scanner);
      if (!whole) return whole;
      if (!*whole) {
        request_->scanner = std::make_unique<BodyScanner>(std::move(**scanner));
        return false;
      }
    }
  }
  if (request_->decision.model()) record_.model.assign(*request_->decision.model());
  return true;
}

/// Reads what there is of the body and looks for the model in it. True: the body is whole.
Result<bool> Exchange::scan_some(BodyScanner& scanner) {
  for (int rounds = 1; !request_->body.whole(); ++rounds) {
    auto const piece = request_->body.read_some(downstream_);
    if (!piece) return std::unexpected(piece.error());
    if (*piece) {
      scanner.feed(**piece);
      if (rounds < kRoundsAtOnce) continue;
      downstream_.waiter().notify();  // goes on as soon as the others have gone on
    }
    if (auto const gone = downstream_.gone()) {
      if (*gone == ErrorCode::draining) return std::unexpected(gateway_ends());
      return client_error(*gone, "the client left");
    }
    return false;
  }
  request_->body_read = true;
  auto found = scanner.finish();
  if (!found) return std::unexpected(found.error());
  if (auto const known = request_->decision.found(std::move(*found)); !known) return std::unexpected(known.error());
  return true;
}

}  // namespace inferway::proxy
