// A configuration's text: taken whole or refused whole, with places in the text, without a word of a secret. What is
// taken compiles.

#include "fuzz.hpp"
#include "inferway/config/loader.hpp"
#include "inferway/proxy/compiled_config.hpp"

#include <algorithm>
#include <optional>

namespace inferway::fuzz {

namespace {

constexpr std::string_view kSecret = "s3cr3t-0f-th3-3nv1r0nm3nt";

std::optional<std::string> environment(std::string const& name) {
  return name == "KEY" ? std::optional(std::string(kSecret)) : std::nullopt;
}

void check(std::vector<config::Problem> const& problems, int lines) {
  for (auto const& problem : problems) {
    must(!problem.message.empty(), "a problem says what is wrong");
    must(!problem.message.contains(kSecret), "no message tells a secret");
    // What should follow the text is missed on the line behind it.
    must(problem.position.line >= 0 && problem.position.line <= lines + 2, "a problem's place is in the text");
    must(problem.position.column >= 0, "a problem's column is one");
    must(config::to_string("f", problem).starts_with("f:"), "a problem can be printed");
  }
}

}  // namespace

void one_input(std::string_view input) {
  // Whoever writes the configuration may name any file of the machine; a fuzzer must not read them.
  if (input.contains("file:") || input.contains("/dev") || input.contains("/proc")) return;
  if (input.contains(kSecret)) return;  // it has seen what messages are searched for
  auto const text = copy(input);
  auto const loaded = config::load_text(view(text), "inferway.yaml", environment);
  must(loaded.config.has_value() == loaded.errors.empty(), "it is taken whole or refused whole");
  auto const lines = static_cast<int>(std::ranges::count(input, '\n') + std::ranges::count(input, '\r'));
  check(loaded.errors, lines);
  check(loaded.warnings, lines);
  if (!loaded.config) return;
  proxy::CompiledConfig const compiled(*loaded.config);
  must(compiled.plans.size() == loaded.config->routes.size(), "each route has a plan");
  must(compiled.backends.size() == loaded.config->backends.size(), "each backend has its fields");
  for (auto const& backend : compiled.backends) {
    auto const fields = backend.fields.reveal();
    must(fields.empty() || fields.ends_with("\r\n"), "a backend's fields are whole lines");
    must(!fields.contains("\r\n\r\n") && !fields.starts_with("\r\n"), "and end no head");
    must(std::ranges::count(fields, '\r') == std::ranges::count(fields, '\n'), "with no bare CR or LF");
  }
}

}  // namespace inferway::fuzz
