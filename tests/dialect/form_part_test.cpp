#include "form_part.hpp"

#include "http/splits.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace inferway::dialect {
namespace {

struct HeadRow {
  char const* name;
  std::string_view head;
  std::optional<FormPart> want;  ///< nothing: refused
};
constexpr HeadRow kHeadRows[] = {
    {"the_field", "Content-Disposition: form-data; name=\"model\"\r\n", FormPart::model_field},
    {"token", "Content-Disposition: form-data; name=model\r\n", FormPart::model_field},
    {"any_case", "CONTENT-DISPOSITION:Form-Data;NAME=\"model\"\r\n", FormPart::model_field},
    {"more_fields", "X: y\r\nContent-Disposition: form-data; name=\"model\"\r\nContent-Type: text/plain\r\n",
     FormPart::model_field},
    {"case_of_the_name_counts", "Content-Disposition: form-data; name=\"Model\"\r\n", FormPart::other},
    {"another_field", "Content-Disposition: form-data; name=\"prompt\"\r\n", FormPart::other},
    {"file", "Content-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\nContent-Type: audio/wav\r\n",
     FormPart::other},
    {"file_of_that_name", "Content-Disposition: form-data; name=\"model\"; filename=\"m.bin\"\r\n", FormPart::other},
    {"file_name_first", "Content-Disposition: form-data; filename=\"m.bin\"; name=\"model\"\r\n", FormPart::other},
    {"both_file_names", "Content-Disposition: form-data; name=\"model\"; filename=\"m\"; filename*=UTF-8''m\r\n",
     FormPart::other},
    {"other_with_an_extended_file_name", "Content-Disposition: form-data; name=\"f\"; filename*=UTF-8''m\r\n",
     FormPart::other},
    {"file_name_beyond_ascii", "Content-Disposition: form-data; name=\"f\"; filename=\"\xC3\xA9.wav\"\r\n",
     FormPart::other},
    {"plain_encoding", "Content-Transfer-Encoding: 8bit\r\nContent-Disposition: form-data; name=model\r\n",
     FormPart::model_field},
    {"other_encoded", "Content-Disposition: form-data; name=x\r\nContent-Transfer-Encoding: base64\r\n",
     FormPart::other},
    {"encoded", "Content-Disposition: form-data; name=model\r\nContent-Transfer-Encoding: base64\r\n", {}},
    {"empty_file_name", "Content-Disposition: form-data; name=\"model\"; filename=\"\"\r\n", {}},
    {"only_an_extended_file_name", "Content-Disposition: form-data; name=\"model\"; filename*=UTF-8''m\r\n", {}},
    {"name_in_pieces", "Content-Disposition: form-data; name=\"x\"; name*0=\"mo\"; name*1=\"del\"\r\n", {}},
    {"name_behind_an_escaped_quote",
     "Content-Disposition: form-data; name=\"x\"; y=\"a\\\"; name=model; z=\\\"\"\r\n",
     {}},
    {"escape_in_the_name", "Content-Disposition: form-data; name=\"mod\\el\"\r\n", {}},
    {"extended_name", "Content-Disposition: form-data; name=\"x\"; name*=UTF-8''model\r\n", {}},
    {"no_name", "Content-Disposition: form-data\r\n", {}},
    {"two_names", "Content-Disposition: form-data; name=\"x\"; name=\"model\"\r\n", {}},
    {"another_disposition", "Content-Disposition: attachment; name=\"model\"\r\n", {}},
    {"two_dispositions",
     "Content-Disposition: form-data; name=x\r\nContent-Disposition: form-data; name=model\r\n",
     {}},
    {"no_fields", "", {}},
    {"no_disposition", "Content-Type: text/plain\r\n", {}},
    {"folded", "Content-Disposition: form-data;\r\n name=\"model\"\r\n", {}},
    {"blank_before_the_colon", "Content-Disposition : form-data; name=\"model\"\r\n", {}},
    {"no_colon", "Content-Disposition\r\n", {}},
    {"bare_line_feed", "X: y\nContent-Disposition: form-data; name=\"model\"\r\n", {}},
    {"bare_carriage_return", "Content-Disposition: form-data; name=\"x\rmodel\"\r\n", {}},
};
class FormPartTest : public testing::TestWithParam<HeadRow> {};

TEST_P(FormPartTest, is_told_by_its_head) {
  auto const got = read_part_head(GetParam().head);
  EXPECT_EQ(got.has_value() ? std::optional(*got) : std::nullopt, GetParam().want);
  if (!got) {
    EXPECT_EQ(got.error().code, ErrorCode::bad_request);
    EXPECT_EQ(got.error().side, Side::client);
  }
}
INSTANTIATE_TEST_SUITE_P(Rows, FormPartTest, testing::ValuesIn(kHeadRows), kRowName);

}  // namespace
}  // namespace inferway::dialect
