#include "http/splits.hpp"
#include "inferway/dialect/model_scan.hpp"

#include <gtest/gtest.h>

#include <string>

namespace inferway::dialect {
namespace {

struct BoundaryRow {
  char const* name;
  std::string content_type;
  std::string want;  ///< "": no form; "refused"
};
BoundaryRow const kBoundaryRows[] = {
    {"token", "multipart/form-data; boundary=----WebKitFormBoundaryAbC123", "----WebKitFormBoundaryAbC123"},
    {"quoted", "multipart/form-data; boundary=\"a b'()+_,-./:=?c\"", "a b'()+_,-./:=?c"},
    {"any_case", "Multipart/Form-Data;BOUNDARY=x", "x"},
    {"another_parameter", "multipart/form-data; charset=utf-8; boundary=x", "x"},
    {"longest", "multipart/form-data; boundary=" + std::string(70, 'x'), std::string(70, 'x')},
    {"json", "application/json", ""},
    {"nothing", "", ""},
    {"another_multipart", "multipart/mixed; boundary=x", ""},
    {"longer_type", "multipart/form-datax; boundary=x", ""},
    {"none", "multipart/form-data", "refused"},
    {"empty", "multipart/form-data; boundary=\"\"", "refused"},
    {"too_long", "multipart/form-data; boundary=" + std::string(71, 'x'), "refused"},
    {"blank_at_the_end", "multipart/form-data; boundary=\"x \"", "refused"},
    {"illegal_character", "multipart/form-data; boundary=\"x@y\"", "refused"},
    {"unquoted_blank", "multipart/form-data; boundary=x y", "refused"},
    {"unquoted_separator", "multipart/form-data; boundary=x:y", "refused"},
    {"twice", "multipart/form-data; boundary=x; boundary=y", "refused"},
    {"open_quote", "multipart/form-data; boundary=\"x", "refused"},
};
class BoundaryTest : public testing::TestWithParam<BoundaryRow> {};

TEST_P(BoundaryTest, is_read_from_the_content_type) {
  auto const got = MultipartModelScanner::boundary(GetParam().content_type);
  if (!got) {
    EXPECT_EQ(got.error().code, ErrorCode::bad_request);
  }
  EXPECT_EQ(got ? got->value_or("") : "refused", GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Rows, BoundaryTest, testing::ValuesIn(kBoundaryRows), kRowName);

Result<std::optional<BodyModel>> scan(Pieces const& pieces) {
  MultipartModelScanner scanner("-b-");
  for (auto const& piece : pieces) scanner.feed(view(piece));
  return scanner.finish();
}

std::string part(std::string_view name, std::string_view content) {
  return "---b-\r\nContent-Disposition: form-data; name=\"" + std::string(name) + "\"\r\n\r\n" + std::string(content) +
         "\r\n";
}
std::string file(std::string_view content) {
  return "---b-\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\nContent-Type: "
         "audio/wav\r\n\r\n" +
         std::string(content) + "\r\n";
}
std::string const kEnd = "---b---\r\n";

struct FormRow {
  char const* name;
  std::string body;
  std::optional<std::string> model;
};
FormRow const kFormRows[] = {
    {"alone", part("model", "whisper-1") + kEnd, "whisper-1"},
    {"first", part("model", "whisper-1") + file("RIFF") + kEnd, "whisper-1"},
    {"last", file("RIFF") + part("language", "de") + part("model", "whisper-1") + kEnd, "whisper-1"},
    {"none", file("RIFF") + part("language", "de") + kEnd, {}},
    {"name_in_another_case", part("Model", "a") + part("model", "b") + kEnd, "b"},
    {"file_that_holds_a_form", file("Content-Disposition: form-data; name=\"model\"\r\n\r\na") + kEnd, {}},
    {"content_like_delimiters",
     file("\r\n---b\r\n--b-\r\n ---b-\r\nx---b-\r\n---c-\r\r\n\n") + part("model", "m") + kEnd, "m"},
    {"content_of_line_breaks", file("\r\n\r\n") + part("model", "m") + kEnd, "m"},
    {"content_of_dashes", file("----------") + part("model", "m") + kEnd, "m"},
    {"carriage_return_before_the_delimiter", file("a\r") + part("model", "m") + kEnd, "m"},
    {"line_feed_before_the_delimiter", file("a\n") + part("model", "m") + kEnd, "m"},
    {"empty_content", file("") + part("x", "") + part("model", "m") + kEnd, "m"},
    {"binary_content", file(std::string("\0\xFF\r\xFE\n-", 6)) + part("model", "m") + kEnd, "m"},
    {"preamble", "This is\r\na form.\r\n" + part("model", "m") + kEnd, "m"},
    {"line_break_as_preamble", "\r\n" + part("model", "m") + kEnd, "m"},
    {"epilogue", part("model", "m") + kEnd + part("model", "n") + "\r\n---b-x", "m"},
    {"no_line_break_at_the_end", part("model", "m") + "---b---", "m"},
    {"padding", "---b- \t\r\nContent-Disposition: form-data; name=model\r\n\r\nm\r\n---b--- \t\r\n", "m"},
    {"padding_at_the_end", part("model", "m") + "---b---  ", "m"},
    {"no_parts", kEnd, {}},
    {"utf_8", part("model", "mod\xC3\xA8le") + kEnd, "mod\xC3\xA8le"},
    {"longest_name", part("model", std::string(1024, 'a')) + kEnd, std::string(1024, 'a')},
    {"largest_head",
     "---b-\r\nX: " + std::string(8192 - 50, 'x') + "\r\nContent-Disposition: form-data; name=x\r\n\r\n\r\n" + kEnd,
     {}},
};
class MultipartFoundTest : public testing::TestWithParam<FormRow> {};

TEST_P(MultipartFoundTest, finds_the_field_and_its_bytes) {
  auto const& row = GetParam();
  for_each_split(row.body, [&](Pieces const& pieces) {
    auto const found = scan(pieces);
    ASSERT_TRUE(found.has_value()) << describe(pieces) << found.error().detail;
    ASSERT_EQ(found->has_value(), row.model.has_value()) << describe(pieces);
    if (!row.model) return;
    EXPECT_EQ((*found)->model, *row.model) << describe(pieces);
    EXPECT_EQ(row.body.substr((*found)->offset, (*found)->length), *row.model) << describe(pieces);
  });
}
INSTANTIATE_TEST_SUITE_P(Rows, MultipartFoundTest, testing::ValuesIn(kFormRows), kRowName);

struct RefusedFormRow {
  char const* name;
  std::string body;
  ErrorCode want;
};
std::string const kField = "Content-Disposition: form-data; name=\"model\"\r\n\r\n";
RefusedFormRow const kRefusedFormRows[] = {
    {"empty", "", ErrorCode::bad_request},
    {"json", R"({"model":"m"})", ErrorCode::bad_request},
    {"no_closing_delimiter", part("model", "m"), ErrorCode::bad_request},
    {"cut_in_the_closing_delimiter", part("model", "m") + "---b--", ErrorCode::bad_request},
    {"cut_behind_a_delimiter", part("model", "m") + "---b-", ErrorCode::bad_request},
    {"cut_in_a_head", "---b-\r\n" + kField.substr(0, 20), ErrorCode::bad_request},
    {"delimiter_goes_on", "---b-x\r\n" + kField + "m\r\n" + kEnd, ErrorCode::bad_request},
    {"delimiter_ends_in_a_line_feed", "---b-\n" + kField + "m\r\n" + kEnd, ErrorCode::bad_request},
    {"closing_delimiter_goes_on", part("model", "m") + "---b---x", ErrorCode::bad_request},
    {"three_dashes_for_two", part("model", "m") + "---b---- \r\n", ErrorCode::bad_request},
    {"bare_line_feed_before_a_delimiter", file("a\n---b-\r\n" + kField + "n") + kEnd, ErrorCode::bad_request},
    {"bare_return_before_a_delimiter", file("a\r---b-\r\n" + kField + "n") + kEnd, ErrorCode::bad_request},
    {"delimiter_shares_the_heads_line_break", file("---b-\r\n" + kField + "n") + kEnd, ErrorCode::bad_request},
    {"content_begins_with_a_line_feed_and_a_delimiter", file("\n---b-\r\n") + kEnd, ErrorCode::bad_request},
    {"no_head", "---b-\r\n\r\nm\r\n" + kEnd, ErrorCode::bad_request},
    {"malformed_head", "---b-\r\nContent-Disposition form-data\r\n\r\nm\r\n" + kEnd, ErrorCode::bad_request},
    {"head_too_large", "---b-\r\nX: " + std::string(8192, 'x') + "\r\n" + kField + "m\r\n" + kEnd,
     ErrorCode::bad_request},
    {"two_fields", part("model", "m") + part("model", "m") + kEnd, ErrorCode::ambiguous_model},
    {"empty_model", part("model", "") + kEnd, ErrorCode::invalid_model},
    {"too_long", part("model", std::string(1025, 'a')) + kEnd, ErrorCode::invalid_model},
    {"far_too_long", part("model", std::string(3000, 'a')) + kEnd, ErrorCode::invalid_model},
    {"line_break_in_the_model", part("model", "a\r\nb") + kEnd, ErrorCode::invalid_model},
    {"not_utf_8", part("model", "a\xFF") + kEnd, ErrorCode::invalid_model},
};
class MultipartRefusedTest : public testing::TestWithParam<RefusedFormRow> {};

TEST_P(MultipartRefusedTest, refuses_what_is_broken_or_read_differently) {
  auto const& row = GetParam();
  auto const whole = scan({copy(row.body)});
  for_each_split(row.body, [&](Pieces const& pieces) {
    auto const found = scan(pieces);
    ASSERT_FALSE(found.has_value()) << describe(pieces);
    EXPECT_EQ(name(found.error().code), name(row.want)) << describe(pieces);
    EXPECT_EQ(found.error().side, Side::client);
    EXPECT_EQ(found.error().detail, whole.error().detail) << describe(pieces);
  });
}
INSTANTIATE_TEST_SUITE_P(Rows, MultipartRefusedTest, testing::ValuesIn(kRefusedFormRows), kRowName);

TEST(MultipartModelScannerTest, counts_offsets_over_all_pieces) {
  MultipartModelScanner scanner("-b-");
  auto const head = file("");
  scanner.feed(std::string_view(head).substr(0, head.size() - 2));
  std::string const content(100'000, '\r');
  for (int i = 0; i < 20; ++i) scanner.feed(content);
  scanner.feed("\r\n" + part("model", "m") + kEnd);
  auto const found = scanner.finish();
  ASSERT_TRUE(found.has_value() && found->has_value());
  EXPECT_EQ((*found)->offset, head.size() + 2'000'000 + part("model", "m").size() - 3);
}

}  // namespace
}  // namespace inferway::dialect
