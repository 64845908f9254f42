// The model of a form: found alike however the body is cut, between the delimiters where it stands, and still found
// when another is spliced in. The input: a Content-Type's value, a body.

#include "fuzz.hpp"
#include "inferway/dialect/model_scan.hpp"

#include <optional>

namespace inferway::fuzz {

namespace {

using dialect::MultipartModelScanner;

struct Reading {
  std::string error;  ///< with its place
  std::optional<std::string> model;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  bool operator==(Reading const&) const = default;
};

Reading read(std::string_view boundary, Pieces const& pieces) {
  MultipartModelScanner scanner(boundary);
  for (auto const& piece : pieces) scanner.feed(view(piece));
  auto const found = scanner.finish();
  if (!found) return {.error = std::string(name(found.error().code)) + found.error().detail, .model = {}};
  if (!*found) return {.error = {}, .model = {}};
  return {.error = {}, .model = (*found)->model, .offset = (*found)->offset, .length = (*found)->length};
}

void splice(std::string_view boundary, std::string_view body, Reading const& found) {
  std::string const delimiter = "\r\n--" + std::string(boundary);
  auto const before = body.substr(0, found.offset);
  auto const behind = body.substr(found.offset + found.length);
  must(body.substr(found.offset, found.length) == *found.model, "the model is the field's content");
  must(before.ends_with("\r\n\r\n"), "a part's head ends in front of it");
  must(behind.starts_with(delimiter), "a delimiter ends it");
  must(("\r\n" + std::string(before)).find(delimiter) != std::string::npos, "a delimiter stands in front of its head");
  // What the renamed form says, less what would end the part early.
  std::string const other = "another-model";
  auto const spliced = std::string(before) + other + std::string(behind);
  if (spliced.find(delimiter, found.offset) != found.offset + other.size()) return;
  auto const again = read(boundary, {copy(spliced)});
  must(again.model == other && again.offset == found.offset, "the spliced form has the other model");
}

}  // namespace

void one_input(std::string_view input) {
  auto const texts = split(input, kNext);
  auto const boundary = MultipartModelScanner::boundary(texts.front());
  if (!boundary || !*boundary) return;
  must(!(*boundary)->empty() && (*boundary)->size() <= 70, "a boundary is bounded");
  auto const text = arrivals(texts.size() > 1 ? texts[1] : std::string_view());
  auto const found = read_alike(text, [&](Pieces const& pieces) { return read(**boundary, pieces); });
  if (found.model) splice(**boundary, text.whole, found);
}

}  // namespace inferway::fuzz
