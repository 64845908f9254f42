// The model of a JSON body: as the plain reader finds it, however the body is cut. Spliced, the body differs in nothing
// but its model for a parser written by others.

#include "dialect/json_model_reference.hpp"
#include "fuzz.hpp"
#include "inferway/dialect/model_scan.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace inferway::fuzz {

namespace {

using dialect::PlainModelReader;
using nlohmann::json;

/// What the scanner says, in the reference's terms.
PlainModelReader::Outcome read(Pieces const& pieces) {
  dialect::JsonModelScanner scanner;
  for (auto const& piece : pieces) scanner.feed(view(piece));
  auto const found = scanner.finish();
  PlainModelReader::Outcome out;
  if (!found) {
    auto const& detail = found.error().detail;
    out.error = found.error().code;
    out.at = std::stoull(detail.substr(detail.rfind(' ')));
  } else if (*found) {
    out = {.error = {}, .at = (*found)->offset, .length = (*found)->length, .model = (*found)->model};
  }
  return out;
}

void splice(std::string_view body, PlainModelReader::Outcome const& found) {
  auto before = json::parse(body, nullptr, false);
  if (before.is_discarded()) return;  // values below the top are the backend's business
  must(before.is_object() && before["model"] == *found.model, "a parser reads the same model");
  for (std::string const other : {"m", "a \"quoted\" \\ name/\xC3\xA9"}) {
    auto spliced = std::string(body);
    spliced.replace(found.at, found.length, dialect::json_string(other));
    auto after = json::parse(spliced, nullptr, false);
    must(!after.is_discarded() && after["model"] == other, "the spliced body has the other model");
    after["model"] = *found.model;
    must(after == before, "and differs in nothing else");
  }
}

}  // namespace

void one_input(std::string_view input) {
  auto const text = arrivals(input);
  auto const found = read_alike(text, read);
  must(found == PlainModelReader(text.whole).read(), "the model is where a plain reader finds it");
  must(found.error || !found.model || text.whole[found.at] == '"', "the model is a string");
  if (!found.error && found.model) splice(text.whole, found);
  // The other way round: what a parser takes for an object is no invalid JSON here. But for a byte order mark, which we
  // refuse, a NUL, which ends a text for that parser, and nesting deeper than we follow.
  bool const refused = found.error == ErrorCode::invalid_json;
  bool const shallow = std::ranges::count_if(text.whole, [](char c) { return c == '[' || c == '{'; }) < 1000;
  if (!refused || !shallow || text.whole.contains('\0') || text.whole.starts_with("\xEF\xBB\xBF")) return;
  must(!json::parse(text.whole, nullptr, false).is_object(), "what is no JSON here is none for a parser");
}

}  // namespace inferway::fuzz
