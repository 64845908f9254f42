#include "inferway/base/error.hpp"
#include "inferway/cli/commands.hpp"
#include "inferway/mock/mock_server.hpp"

#include <csignal>
#include <cstdio>
#include <optional>
#include <pthread.h>
#include <string>
#include <string_view>

namespace inferway::cli {
namespace {

constexpr char kUsage[] =
    "usage: inferway mock [OPTIONS]\n"
    "\n"
    "A model server double that speaks the OpenAI API and answers with made-up text.\n"
    "\n"
    "  --listen ADDRESS:PORT   where (may be repeated; default 127.0.0.1:8000; port 0: any that is free)\n"
    "  --model NAME            a model it knows (may be repeated; default: a call may name any)\n"
    "  --first-token 50ms      from a request to the head of its answer\n"
    "  --token-interval 20ms   between two tokens\n"
    "  --tokens 16             how many tokens an answer has\n"
    "  --status CODE           answer every call with this error\n"
    "  --fail-rate SHARE       answer this share of the calls (0 to 1) with a 500\n"
    "  --cut-after N           close the connection after N tokens, in mid-answer\n"
    "  --cut-bytes N           or after N bytes of the answer, its head included\n"
    "  --close-rate SHARE      close the connection instead of answering this share of the calls\n"
    "  --reset true            what is cut or closed ends by a reset\n"
    "  --stall-after N         send nothing more after N tokens\n"
    "  --stall-head SHARE      never answer this share of the calls\n"
    "  --error-after N         end a stream after N tokens by an error event\n"
    "  --error-code CODE       the code of that event (default server_error)\n"
    "  --error-message TEXT    and its message\n"
    "  --retry-after 2s        in answers of status 429, 503 and 529\n"
    "  --early-hints N         so many answers of status 103 come first\n"
    "  --idle-close 100ms      close a kept connection when idle, after at most this time\n"
    "  --seed N                another text for the same prompt, other calls that fail\n"
    "\n"
    "What --first-token and the options below it set for all requests, a header sets for one\n"
    "(x-mock-status: 429). GET /stats tells what the mock has seen, /echo what it received;\n"
    "POST /mock/health?status=503 sets what GET /health answers.\n";

struct Arguments {
  mock::Options options;
  bool help = false;
};

Result<void> apply(mock::Options& options, std::string_view name, std::string_view value) {
  if (name == "listen") {
    options.listen.emplace_back(value);
    return {};
  }
  if (name == "model") {
    options.models.emplace_back(value);
    return {};
  }
  return mock::set(options.behaviour, name, value);
}

Result<Arguments> parse(std::span<char const* const> arguments) {
  Arguments out;
  out.options.listen.clear();
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string_view argument = arguments[i];
    if (argument == "--help" || argument == "-h") {
      out.help = true;
      continue;
    }
    if (!argument.starts_with("--")) {
      return client_error(ErrorCode::bad_request, "unexpected '" + std::string(argument) + "'");
    }
    auto const equals = argument.find('=');
    auto const name = argument.substr(2, equals == std::string_view::npos ? equals : equals - 2);
    if (equals == std::string_view::npos && i + 1 == arguments.size()) {
      return client_error(ErrorCode::bad_request, std::string(argument) + " needs a value");
    }
    auto const value =
        equals == std::string_view::npos ? std::string_view(arguments[++i]) : argument.substr(equals + 1);
    auto const done = apply(out.options, name, value);
    if (!done) return std::unexpected(done.error());
  }
  if (out.options.listen.empty()) out.options.listen.emplace_back("127.0.0.1:8000");
  return out;
}

/// Serves until SIGINT or SIGTERM. The server's thread starts with both blocked, so they come here.
int serve(mock::Options const& options) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  mock::MockServer const server(options);
  for (std::size_t i = 0; i < options.listen.size(); ++i) {
    std::printf("inferway mock: listening on %s\n", server.url(i).c_str());
  }
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ends, &signal);
  return 0;
}

}  // namespace

int run_mock(std::span<char const* const> arguments) {
  auto const parsed = parse(arguments);
  if (!parsed) {
    std::fprintf(stderr, "inferway mock: %s\n%s", parsed.error().detail.c_str(), kUsage);
    return 2;
  }
  if (parsed->help) {
    std::fputs(kUsage, stdout);
    return 0;
  }
  return serve(parsed->options);
}

}  // namespace inferway::cli
