// From a request's head to its route.

#include "exchange.hpp"
#include "inferway/balance/weighted.hpp"
#include "inferway/dialect/model_scan.hpp"
#include "inferway/http/answer.hpp"
#include "inferway/proxy/models.hpp"

namespace inferway::proxy {

net::Task<Result<void>> Exchange::admit() {
  choose_request_id();
  auto const checked = decision_.check();
  record_.path = decision_.path();
  if (!checked) co_return checked;
  if (auto const identified = caller_.identify(proxy_.sha256_); !identified) co_return identified;
  if (caller_.key_index()) record_.key = *caller_.key_index();
  if (!caller_.withheld_parameters().empty()) decision_.withhold(caller_.withheld_parameters());
  auto const candidates = decision_.candidates();
  // Before a byte of the body is read, or anything told about what routes there are.
  if (auto const known = caller_.check_candidates(candidates); !known) co_return known;
  if (candidates.needs_model) {
    // Whichever route wins: the body need not be read to know.
    if (auto const taken = shed(candidates.priority); !taken) co_return taken;
    auto found = find_model();
    if (found && !*found) found = co_await wait_for_model();
    if (!found) co_return std::unexpected(found.error());
  }
  auto const route = decision_.match();
  auto const known = caller_.check_route(route ? std::optional(*route) : std::nullopt);
  if (!known) co_return known;
  if (!route) co_return answer_models(route.error());
  record_.route = static_cast<std::uint32_t>(*route);
  if (auto const taken = shed(proxy_.snapshot_.config.routes[*route].priority); !taken) co_return taken;
  if (caller_.wants_model()) {
    if (auto const allowed = co_await check_model(); !allowed) co_return allowed;
  }
  auto const& plan = proxy_.snapshot_.plans[*route];
  hops_ = {plan.to[balance::choose_weighted(plan.weights, proxy_.upstream_.random())], plan.fallback};
  record_.backend = static_cast<std::uint32_t>(hops_[0].backend);
  // A route that does not match by model may rename it all the same; and what is to be continued has to be known.
  bool const resumes = plan.resumes && decision_.path().ends_with("/chat/completions");
  if ((hops_[0].model || plan.fallback_renames || resumes) && !model_sought_) {
    auto found = find_model();
    if (found && !*found) found = co_await wait_for_model();
    if (!found) co_return std::unexpected(found.error());
  }
  co_return caller_.count_request(Clock::now());
}

/// Where the route did not want to know the model, it is looked for now: a backend would act on it.
net::Task<Result<void>> Exchange::check_model() {
  bool const has_body = head_.framing != http::BodyFraming::none && !downstream_.body_done();
  if (!model_sought_) {
    auto found = find_model();
    if (found && !*found) found = co_await wait_for_model();
    // That an empty body should name a model holds for routes by model only.
    bool const empty = !has_body && !found && found.error().code == ErrorCode::invalid_json;
    if (!found && !empty) co_return std::unexpected(found.error());
  }
  co_return caller_.check_model(decision_, has_body || body_read_);
}

/// No route takes it; it may ask for the models there are.
Result<void> Exchange::answer_models(Error const& no_route) {
  auto const& snapshot = proxy_.snapshot_;
  auto const answer = proxy::answer_models(snapshot, decision_, caller_, head_, snapshot.since);
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
                         .close = decision_.websocket()});
  std::string_view const pieces[] = {*answer->body};
  downstream_.send_body(pieces, server::More::none);
  return {};
}

/// The client's own id where it is harmless, else a new one.
void Exchange::choose_request_id() {
  if (auto const id = client_request_id(head_)) {
    request_id_ = *id;
  } else {
    static constexpr char kHex[] = "0123456789abcdef";
    for (std::size_t i = 0; i < id_storage_.size(); i += 16) {
      auto bits = proxy_.upstream_.random()();
      for (std::size_t j = 0; j < 16; ++j, bits >>= 4) id_storage_[i + j] = kHex[bits & 0xF];
    }
    request_id_ = {id_storage_.data(), id_storage_.size()};
  }
  record_.request_id = request_id_;
  request_id_ = record_.request_id.view();  // outlives the head
}

/// The model from where it stands. False: that is the body, of which there is more to come: wait_for_model().
Result<bool> Exchange::find_model() {
  model_sought_ = true;
  auto scanner = decision_.look_for_model(head_.framing != http::BodyFraming::none && !downstream_.body_done());
  if (!scanner) return std::unexpected(scanner.error());
  if (*scanner) {
    auto const whole = scan_some(**scanner);
    if (!whole) return whole;
    if (!*whole) {
      scanner_ = std::make_unique<BodyScanner>(std::move(**scanner));
      return false;
    }
  }
  if (decision_.model()) record_.model.assign(*decision_.model());
  return true;
}

/// Always true, or an error.
net::Task<Result<bool>> Exchange::wait_for_model() {
  while (true) {
    co_await downstream_.waiter().wait();
    auto const whole = scan_some(*scanner_);
    if (!whole) co_return whole;
    if (*whole) break;
  }
  scanner_.reset();
  if (decision_.model()) record_.model.assign(*decision_.model());
  co_return true;
}

/// Reads what there is of the body and looks for the model in it. True: the body is whole.
Result<bool> Exchange::scan_some(BodyScanner& scanner) {
  for (int rounds = 1; !body_.whole(); ++rounds) {
    auto const piece = body_.read_some(downstream_);
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
  body_read_ = true;
  auto found = scanner.finish();
  if (!found) return std::unexpected(found.error());
  if (auto const known = decision_.found(std::move(*found)); !known) return std::unexpected(known.error());
  return true;
}

}  // namespace inferway::proxy
