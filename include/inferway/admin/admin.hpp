#pragma once

#include "inferway/admin/control.hpp"
#include "inferway/base/secret.hpp"
#include "inferway/server/downstream.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace inferway::admin {

/// How ready the gateway is; written by its life cycle, read by probes.
enum class Readiness : std::uint8_t { starting, ready, draining };

/// The admin port: GET /live, /ready, /metrics, and the API under /api/. With a token all but the probes want it as
/// Authorization: Bearer.
class Admin final : public server::Handler {
 public:
  Admin(std::atomic<Readiness> const& readiness, Secret token, std::function<std::string()> metrics, Control& control)
      : readiness_(readiness), token_(std::move(token)), metrics_(std::move(metrics)), control_(control) {}

  /// For requests that begin from now on.
  void set_token(Secret token) { token_ = std::move(token); }

  [[nodiscard]] net::Task<> serve(server::Downstream& downstream) override;

 private:
  struct Answer {
    int status = 200;
    std::string_view type = "text/plain; charset=utf-8";
    std::string body;
    std::string_view allow = "GET, HEAD";  ///< with 405
  };
  static constexpr std::string_view kTokenWanted = "the admin token is wanted as Authorization: Bearer";
  static void send(server::Downstream& downstream, Answer const& answer);
  [[nodiscard]] Answer answer(server::Downstream const& downstream) const;
  [[nodiscard]] Answer ready() const;
  /// guard.hpp's foreign(), by what is configured.
  [[nodiscard]] std::string_view foreign_to(server::Downstream const& downstream) const;
  [[nodiscard]] bool authorised(http::RequestHead const& head) const;
  // api.cpp
  [[nodiscard]] net::Task<> serve_api(server::Downstream& downstream);
  [[nodiscard]] net::Task<> serve_reload(server::Downstream& downstream);
  [[nodiscard]] Answer answer_wish(std::string_view rest);

  std::atomic<Readiness> const& readiness_;
  Secret token_;
  std::function<std::string()> metrics_;
  Control& control_;
};

}  // namespace inferway::admin
