#pragma once

#include <span>

/// The commands of the binary. Each gets the arguments behind its name and returns the exit status.
namespace inferway::cli {

/// `serve --config FILE`: runs the gateway until it was drained.
[[nodiscard]] int run_serve(std::span<char const* const> arguments);

/// `check --config FILE [--format text|json]`: validates a configuration and prints its routing table. Errors go to
/// stderr as file:line:column: message. 0: valid; 2: refused, or a wrong command line.
[[nodiscard]] int run_check(std::span<char const* const> arguments);

/// `health [--config FILE] [--address ADDRESS] [--live] [--timeout 2s]`: asks a running gateway's admin port how it is.
/// 0: ready (or alive); 1: not, or it cannot be asked; 2: a wrong command line. One line says which and why.
[[nodiscard]] int run_health(std::span<char const* const> arguments);

/// `explain --config FILE ... METHOD PATH`: says what the gateway would do with a request, and why. 0: a route matches;
/// 1: the request would be refused; 2: a wrong configuration or command line.
[[nodiscard]] int run_explain(std::span<char const* const> arguments);

/// `mock ...`: a model server double.
[[nodiscard]] int run_mock(std::span<char const* const> arguments);

}  // namespace inferway::cli
