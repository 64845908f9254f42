#pragma once

#include "inferway/dialect/dialect.hpp"
#include "inferway/dialect/model_scan.hpp"
#include "inferway/http/head.hpp"
#include "inferway/http/websocket.hpp"
#include "inferway/proxy/compiled_config.hpp"
#include "inferway/proxy/upstream_head.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace inferway::proxy {

/// Where a request names its model.
enum class ModelPlace : std::uint8_t { none, json, form, query, path };

/// Looks for the model in a body that arrives in pieces: JSON's scanner, or the form's.
class BodyScanner {
 public:
  explicit BodyScanner(std::optional<std::string> const& boundary);
  void feed(std::string_view piece) {
    std::visit([&](auto& scanner) { scanner.feed(piece); }, scanner_);
  }
  [[nodiscard]] Result<std::optional<dialect::BodyModel>> finish() {
    return std::visit([](auto& scanner) { return scanner.finish(); }, scanner_);
  }

 private:
  std::variant<dialect::JsonModelScanner, dialect::MultipartModelScanner> scanner_;
};

/// What takes the place of some of a body's bytes.
struct Splice {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::string_view value;
};

/// All that is decided about one request, and nothing that has to be waited for: whether it is taken, by which route,
/// and what of it goes upstream. Who serves it, and who only explains it, call this in the order below and see to the
/// rest. `compiled` and `head` outlive it.
class Decision {
 public:
  Decision(CompiledConfig const& compiled, http::RequestHead const& head)
      : compiled_(compiled), head_(head), path_(head.path), websocket_(http::asks_for_websocket(head)) {}

  /// Brings the path into its one form, and looks at a WebSocket's handshake. Errors: bad_request, route_not_found
  /// (OPTIONS *), body_too_large, upgrade_required.
  [[nodiscard]] Result<void> check();

  /// What is known before the model is.
  [[nodiscard]] routing::Candidates candidates() {
    auto const found = compiled_.routes.candidates(query());
    only_group_ = found.only_group;
    return found;
  }
  /// Whether it takes the model to tell which route wins.
  [[nodiscard]] bool model_decides() { return candidates().needs_model; }

  /// Looks for the model in the path; then in the body: when there is one to read (`body_follows`), its scanner comes
  /// back, and found() is next; else in the query. Errors: bad_request, unsupported_encoding, invalid_json (there is no
  /// body where one must be), invalid_model.
  [[nodiscard]] Result<std::optional<BodyScanner>> look_for_model(bool body_follows);
  /// What the scanner found in the whole body.
  [[nodiscard]] Result<void> found(std::optional<dialect::BodyModel>&& model);

  /// The route. Errors: route_not_found, model_not_found.
  [[nodiscard]] Result<std::size_t> match();

  /// Settles for one choice of the route: which path and query go upstream, the choice's own model in the place of the
  /// client's. Nothing is left of an earlier choice. What is to be replaced in the body, if anything, is valid until
  /// the next one.
  [[nodiscard]] std::optional<Splice> settle(TargetPlan const& target);
  /// Parameters of the query, by their decoded names, that do not go upstream.
  void withhold(std::vector<std::string> parameters) { withheld_parameters_ = std::move(parameters); }
  /// The path that the chosen route's `rewrite` makes of the client's; the client's where it has none.
  [[nodiscard]] std::string rewritten_path() const { return rewritten(path_); }

  /// `whole_bytes`: the body was read whole, and has so many bytes by now.
  [[nodiscard]] BodyFraming upstream_framing(std::optional<std::uint64_t> whole_bytes) const;

  [[nodiscard]] std::string_view path() const { return path_; }  ///< in its one form, once check() was content
  [[nodiscard]] bool websocket() const { return websocket_; }    ///< the request is a handshake
  [[nodiscard]] dialect::Api dialect() const { return dialect_; }
  [[nodiscard]] std::optional<std::string> const& model() const { return model_; }
  [[nodiscard]] ModelPlace model_place() const { return place_; }
  [[nodiscard]] std::size_t route() const { return route_; }

  // What settle() came to.
  [[nodiscard]] std::string_view upstream_path() const { return path_changed_ ? upstream_path_ : path_; }
  [[nodiscard]] std::string_view upstream_query() const { return query_changed_ ? upstream_query_ : head_.query; }
  [[nodiscard]] bool has_upstream_query() const { return query_changed_ ? !upstream_query_.empty() : head_.has_query; }

 private:
  [[nodiscard]] routing::Query query() const { return {.method = head_.method, .path = path_, .head = head_}; }
  [[nodiscard]] Result<std::optional<BodyScanner>> scanner();
  [[nodiscard]] Result<void> check_model();
  [[nodiscard]] std::optional<Splice> rename(std::string const& model);
  [[nodiscard]] std::string rewritten(std::string_view matched) const;
  void drop_parameters();

  CompiledConfig const& compiled_;
  http::RequestHead const& head_;
  std::string path_storage_;
  std::string_view path_;
  bool websocket_;
  dialect::Api dialect_ = dialect::Api::openai;

  ModelPlace place_ = ModelPlace::none;
  std::optional<std::string> model_;
  std::uint64_t model_offset_ = 0;
  std::uint64_t model_length_ = 0;

  routing::RouteGroup const* only_group_ = nullptr;
  std::size_t route_ = 0;
  std::string upstream_path_;  ///< when it differs from path_
  std::string upstream_query_;
  std::string spliced_model_;
  std::vector<std::string> withheld_parameters_;
  bool path_changed_ = false;
  bool query_changed_ = false;
};

/// The client's own request id where it is harmless in logs and headers; else nothing.
[[nodiscard]] std::optional<std::string_view> client_request_id(http::RequestHead const& head);

}  // namespace inferway::proxy
