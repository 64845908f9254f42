#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

/// A command that was run, and what it printed.
struct Ran {
  int status = 0;
  std::string out;
  std::string err;
};
inline Ran captured(int (&run)(std::span<char const* const>), std::vector<char const*> const& arguments) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  int const status = run(arguments);
  std::fflush(stdout);
  auto out = testing::internal::GetCapturedStdout();
  return {status, std::move(out), testing::internal::GetCapturedStderr()};
}

/// A configuration on disk for the length of a test.
class ConfigurationFile {
 public:
  explicit ConfigurationFile(std::string_view text) : path_(testing::TempDir() + "inferway-cli-XXXXXX") {
    int const descriptor = ::mkstemp(path_.data());
    EXPECT_GE(descriptor, 0);
    ::close(descriptor);
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~ConfigurationFile() { std::remove(path_.c_str()); }
  ConfigurationFile(ConfigurationFile const&) = delete;
  ConfigurationFile& operator=(ConfigurationFile const&) = delete;

  [[nodiscard]] std::string const& path() const { return path_; }

 private:
  std::string path_;
};

/// A configuration with something of everything that `check` prints, and secrets that it must not.
inline constexpr std::string_view kFull = R"(admin: {token: hunter2-token}
backends:
  llama:
    key: hunter2-key
    headers: {x-a: hunter2-header}
    endpoints: [http://10.0.0.1:8000, {url: http://10.0.0.2, weight: 3}]
  cloud: {api: anthropic, balance: round_robin, endpoints: [http://cloud]}
routes:
  - name: chat
    match: {path: /v1/chat/*, method: POST, model: llama-*, headers: {x-team: a*, authorization: hunter2-match}}
    to: [{backend: llama, weight: 90}, {backend: cloud, model: claude, weight: 10}]
    rewrite: /v2/{path}
    fallback: [{backend: cloud, model: small}]
  - match: {path: /v1/chat/*}
    to: [{backend: llama}]
  - match: {path: /v1/chat/x}
    to: [{backend: llama}]
)";

/// A configuration with keys, and a route that needs none.
inline constexpr std::string_view kWithKeys = R"(backends: {b: {endpoints: [http://h]}}
routes: [{match: {path: /p}, to: [{backend: b}], auth: false}]
keys: {required: true, static: [
  {name: ci, sha256: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa},
  {name: team, sha256: baaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, models: [llama-*, small], rpm: 60}]}
)";
