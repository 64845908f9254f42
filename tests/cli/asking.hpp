#pragma once

#include "explanation.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace inferway::cli {

/// A configuration with a route for each way to match, and secrets in every place that bears one.
inline constexpr std::string_view kAsked = R"(limits: {body_bytes: 1KiB, header_bytes: 8KiB, header_count: 20}
backends:
  local:
    endpoints: [http://not-there.invalid:8000, {url: http://10.0.0.2/base, weight: 2}]
    headers: {X-Team-Key: hunter2-header}
    pass_headers: [Authorization]
    timeouts: {idle: 7s}
  cloud:
    api: anthropic
    balance: round_robin
    key: hunter2-key
    endpoints: [http://not-there.invalid]
routes:
  - name: tenant
    match: {path: /v1/chat, headers: {x-tenant: a*, authorization: Bearer hunter2-match}}
    to: [{backend: local}]
  - name: delete
    match: {path: /v1/*, method: DELETE}
    to: [{backend: local}]
  - name: chat
    match: {path: /v1/chat, model: llama-*}
    to: [{backend: local, weight: 2}, {backend: cloud, model: claude, weight: 1}]
    timeouts: {total: 1m}
  - name: gemini
    match: {path: /v1beta/models/*, model: g*}
    to: [{backend: cloud, model: new name}]
  - name: any
    match: {path: /any/*}
    to: [{backend: cloud, model: renamed}, {backend: local, weight: 0}]
    rewrite: /x/{path}
  - name: mixed
    match: {path: /mixed}
    to: [{backend: local}, {backend: cloud, model: renamed}]
  - name: free
    match: {path: /free}
    to: [{backend: local}]
)";

inline config::Config asked_config() {
  auto loaded = config::load_text(kAsked, "gateway.yaml");
  for (auto const& problem : loaded.errors) ADD_FAILURE() << config::to_string("gateway.yaml", problem);
  return std::move(*loaded.config);
}

inline Question question(std::string method, std::string target, std::vector<std::string> headers = {}) {
  Question out;
  out.method = std::move(method);
  out.target = std::move(target);
  out.headers = std::move(headers);
  return out;
}

inline Question with_body(Question out, std::string body) {
  out.body = std::move(body);
  return out;
}

inline Question with_model(Question out, std::string model) {
  out.model = std::move(model);
  return out;
}

}  // namespace inferway::cli
