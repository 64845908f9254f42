#include "arguments.hpp"
#include "explanation.hpp"
#include "inferway/cli/commands.hpp"
#include "inferway/config/loader.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <system_error>
#include <utility>

namespace inferway::cli {
namespace {

constexpr char kUsage[] =
    "usage: inferway explain --config FILE [OPTIONS] METHOD PATH\n"
    "\n"
    "Says what the gateway would do with a request, and why: the route that matches, what keeps the\n"
    "earlier ones from it, the choices by weight, what each backend would get. PATH may have a query.\n"
    "Nothing is sent anywhere, no name is looked up, no secret is printed.\n"
    "\n"
    "  --model NAME           the request's JSON body names this model\n"
    "  --header 'NAME: VALUE' a header of the request (may be repeated)\n"
    "  --body FILE            the request's body; -: standard input\n"
    "  --format text|json     for people (the default), or for machines\n"
    "\n"
    "Exit status: 0 when a route matches, 1 when the request would be refused, 2 for a wrong\n"
    "configuration or command line.\n";

enum class Format : std::uint8_t { text, json };

struct Options {
  std::string file;
  std::optional<std::string> body_file;
  std::optional<Format> format;
  Question question;
  bool help = false;
};

using Parsed = std::expected<Options, std::string>;

/// Sets what may be given once.
template <typename T>
std::optional<std::string> set_once(std::optional<T>& value, T given, std::string_view name) {
  if (value) return std::string(name) + " is given twice";
  value = std::move(given);
  return std::nullopt;
}

/// Where options and what is asked come in any order; behind "--" nothing is an option.
class Parser {
 public:
  explicit Parser(std::span<char const* const> arguments) : arguments_(arguments) {}

  [[nodiscard]] Parsed run() {
    bool only_words = false;
    for (std::size_t i = 0; i < arguments_.size(); ++i) {
      std::string_view const argument = arguments_[i];
      if (!only_words && argument == "--") {
        only_words = true;
      } else if (only_words || !argument.starts_with('-')) {
        words_.emplace_back(argument);
      } else if (argument == "--help" || argument == "-h") {
        out_.help = true;
        return out_;
      } else if (auto const wrong = take_option(i)) {
        return std::unexpected(*wrong);
      }
    }
    return finish();
  }

 private:
  std::optional<std::string> take_option(std::size_t& index) {
    if (auto const file = option("--config", arguments_, index)) return set_once(file_, std::string(*file), "--config");
    if (auto const model = option("--model", arguments_, index)) {
      return set_once(out_.question.model, std::string(*model), "--model");
    }
    if (auto const body = option("--body", arguments_, index)) {
      return set_once(out_.body_file, std::string(*body), "--body");
    }
    if (auto const header = option("--header", arguments_, index)) {
      out_.question.headers.emplace_back(*header);
      return std::nullopt;
    }
    if (auto const format = option("--format", arguments_, index)) {
      if (*format != "text" && *format != "json") return "--format is text or json, not '" + std::string(*format) + "'";
      return set_once(out_.format, *format == "json" ? Format::json : Format::text, "--format");
    }
    return "unexpected '" + std::string(arguments_[index]) + "'";
  }

  [[nodiscard]] Parsed finish() {
    if (!file_ || file_->empty()) return std::unexpected(std::string("--config FILE is missing"));
    if (words_.size() < 2) return std::unexpected(std::string("METHOD PATH is missing"));
    if (words_.size() > 2) return std::unexpected("unexpected '" + words_[2] + "'");
    out_.file = *file_;
    out_.question.method = words_[0];
    out_.question.target = words_[1];
    return std::move(out_);
  }

  std::span<char const* const> arguments_;
  std::optional<std::string> file_;
  std::vector<std::string> words_;
  Options out_;
};

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

/// A byte more than `limit` is read at most: that is too many already. Errors: why it cannot be read.
std::expected<std::string, std::string> read_body(std::string const& path, std::uint64_t limit) {
  bool const standard_input = path == "-";
  std::unique_ptr<std::FILE, CloseFile> const opened(standard_input ? nullptr : std::fopen(path.c_str(), "rb"));
  auto* const file = standard_input ? stdin : opened.get();
  auto const failed = [&] { return std::unexpected("--body " + path + ": " + std::system_category().message(errno)); };
  if (file == nullptr) return failed();
  std::string body;
  std::array<char, 65536> piece;  // fread fills it
  while (body.size() <= limit) {
    auto const wanted = std::min<std::uint64_t>(piece.size(), limit + 1 - body.size());
    auto const got = std::fread(piece.data(), 1, wanted, file);
    body.append(piece.data(), got);
    if (got == wanted) continue;
    if (std::ferror(file) != 0) return failed();
    break;
  }
  return body;
}

void print(std::string const& text, std::FILE* to) { std::fwrite(text.data(), 1, text.size(), to); }

int wrong_command_line(std::string const& why) {
  print("inferway explain: " + why + "\n" + kUsage, stderr);
  return 2;
}

}  // namespace

int run_explain(std::span<char const* const> arguments) {
  auto options = Parser(arguments).run();
  if (!options) return wrong_command_line(options.error());
  if (options->help) {
    print(kUsage, stdout);
    return 0;
  }
  auto const loaded = config::load_file(options->file);
  for (auto const& problem : loaded.errors) print(config::to_string(options->file, problem) + "\n", stderr);
  if (!loaded.config) return 2;
  auto const& config = *loaded.config;
  if (options->body_file) {
    auto body = read_body(*options->body_file, config.limits.body_bytes);
    if (!body) return wrong_command_line(body.error());
    options->question.body = std::move(*body);
  }
  auto const explanation = explain(config, options->question);
  if (!explanation) return wrong_command_line(explanation.error());
  bool const json = options->format == Format::json;
  print(json ? explanation_json(config, *explanation) : explanation_text(config, *explanation), stdout);
  return explanation->refused() ? 1 : 0;
}

}  // namespace inferway::cli
