// The model scanner beside other readers of JSON, on random bodies.

#include "http/splits.hpp"
#include "inferway/dialect/model_scan.hpp"
#include "json_model_reference.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <random>
#include <string>

namespace inferway::dialect {
namespace {

Result<std::optional<BodyModel>> scan(Pieces const& pieces) {
  JsonModelScanner scanner;
  for (auto const& piece : pieces) scanner.feed(view(piece));
  return scanner.finish();
}

/// A random object whose strings bear what is awkward: escapes, quotes, brackets, bytes beyond ASCII.
class RandomJson {
 public:
  explicit RandomJson(std::uint32_t seed) : random_(seed) {}

  nlohmann::json object(int depth) {
    auto out = nlohmann::json::object();
    for (auto left = below(5); left > 0; --left) out[text()] = value(depth);
    return out;
  }
  std::string text() {
    static constexpr std::string_view kParts[] = {"a",
                                                  "model",
                                                  "\"",
                                                  "\\",
                                                  "/",
                                                  "\n",
                                                  "{",
                                                  "]",
                                                  "\xC3\xA9",
                                                  "\xF0\x9F\x98\x80",
                                                  "0123456789abcdef0123456789abcdef"};
    std::string out;
    for (auto left = below(6); left > 0; --left) out += kParts[below(std::size(kParts))];
    return out;
  }
  std::size_t below(std::size_t bound) { return random_() % bound; }

 private:
  nlohmann::json value(int depth) {
    switch (below(depth > 0 ? 7 : 5)) {
      case 0: return nullptr;
      case 1: return below(2) == 0;
      case 2: return -static_cast<int>(below(100000));
      case 3: return static_cast<double>(below(1000)) / 7;
      case 4: return text();
      case 5: return object(depth - 1);
      default: return nlohmann::json::array({value(depth - 1), value(depth - 1)});
    }
  }
  std::mt19937 random_;
};

TEST(JsonModelRandomTest, agrees_with_a_parser_on_random_objects) {
  RandomJson random(2026);
  for (int round = 0; round < 2000; ++round) {
    auto object = random.object(4);
    std::erase_if(object.get_ref<nlohmann::json::object_t&>(), [](auto const& item) { return item.first == "model"; });
    auto const model = "m" + std::to_string(round);
    bool const has_model = random.below(3) > 0;
    if (has_model) object["model"] = model;
    auto const body = object.dump(random.below(2) == 0 ? -1 : 1, ' ', random.below(2) == 0);
    auto const cut = random.below(body.size());
    auto const found = scan({copy(body.substr(0, cut)), copy(body.substr(cut))});
    ASSERT_TRUE(found.has_value()) << found.error().detail << '\n' << body;
    ASSERT_EQ(found->has_value(), has_model) << body;
    if (!has_model) continue;
    EXPECT_EQ((*found)->model, model);
    EXPECT_EQ(body.substr((*found)->offset, (*found)->length), '"' + model + '"');
  }
}

/// What the scanner says, in the reference's terms.
PlainModelReader::Outcome outcome(Pieces const& pieces) {
  auto const found = scan(pieces);
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

/// A body with something wrong or awkward in it here and there.
std::string damaged(RandomJson& random, std::string body) {
  static constexpr std::string_view kParts[] = {"\"",
                                                "\\",
                                                "{",
                                                "}",
                                                "[",
                                                "]",
                                                ",",
                                                ":",
                                                " ",
                                                "\n",
                                                "7",
                                                "-",
                                                "x",
                                                "\x01",
                                                "\x7F",
                                                "\xC3",
                                                "\xC2\x9B",
                                                "/",
                                                "'",
                                                "\\u00e9",
                                                "\\ud83d",
                                                "\\u12",
                                                "\\\"",
                                                "\\n",
                                                "\"model\":\"x\",",
                                                "\"Model\":1,",
                                                "\"mod\\u0065l\":\"\\u0061\",",
                                                "\"a long string that fills more than one block\""};
  for (auto left = random.below(4); left > 0; --left) {
    auto const at = random.below(body.size() + 1);
    body.replace(at, random.below(2) * random.below(4), kParts[random.below(std::size(kParts))]);
  }
  return body;
}

TEST(JsonModelRandomTest, agrees_with_a_plain_reading_of_damaged_bodies_however_they_are_split) {
  RandomJson random(6);
  int refused = 0;
  int found = 0;
  for (int round = 0; round < 1500; ++round) {
    auto object = random.object(2);
    object["model"] = random.text();
    auto const body = damaged(random, object.dump(random.below(2) == 0 ? -1 : 1, ' ', random.below(2) == 0));
    auto const want = PlainModelReader(body).read();
    refused += want.error ? 1 : 0;
    found += want.model ? 1 : 0;
    for_each_split(body, [&](Pieces const& pieces) {
      ASSERT_EQ(outcome(pieces), want) << body << '\n' << describe(pieces) << '\n' << want.at;
    });
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(refused, 300);
  EXPECT_GT(found, 300);
}

}  // namespace
}  // namespace inferway::dialect
