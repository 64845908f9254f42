#include "inferway/http/frame_scanner.hpp"

#include "splits.hpp"

#include <gtest/gtest.h>

#include <string>

namespace inferway::http {
namespace {

using namespace std::string_view_literals;

std::string repeated(std::size_t count) { return std::string(count, 'x'); }

struct FrameRow {
  char const* name;
  std::string bytes;
  bool at_boundary = true;
  bool closed = false;
};
FrameRow const kRows[] = {
    {"nothing", ""},
    {"empty_text", std::string("\x81\x00", 2)},
    {"text", "\x81\x02hi"},
    {"masked_text", "\x81\x82mask\x01\x02"},
    {"empty_and_masked", std::string("\x81\x80") + "mask"},
    {"largest_short_length", "\x82\x7D" + repeated(125)},
    {"two_bytes_of_length", std::string("\x82\x7E\x00\x7E", 4) + repeated(126)},
    {"two_bytes_of_length_masked", std::string("\x82\xFE\x01\x00", 4) + "mask" + repeated(256)},
    {"eight_bytes_of_length", std::string("\x82\x7F\x00\x00\x00\x00\x00\x00\x01\x02", 10) + repeated(258)},
    {"eight_bytes_masked", std::string("\x82\xFF\x00\x00\x00\x00\x00\x00\x00\x03", 10) + "maskabc"},
    {"length_0_in_two_bytes", std::string("\x82\x7E\x00\x00", 4)},  // not the shortest form: the peers' business
    {"fragments_with_a_ping_between", std::string("\x01\x01"
                                                  "a\x89\x00\x80\x01"
                                                  "b",
                                                  8)},
    {"between_fragments",
     "\x01\x01"
     "a"},
    {"close_without_code", std::string("\x88\x00", 2), true, true},
    {"close", "\x88\x02\x03\xE8", true, true},
    {"close_masked", std::string("\x88\x82") + "mask\x01\x02", true, true},
    {"text_then_close",
     "\x81\x01"
     "a\x88\x02\x03\xE8",
     true, true},
    {"bytes_behind_the_close", std::string("\x88\x00\x81", 3), false, true},
    {"close_cut_in_its_head", "\x88", false},
    {"close_cut_in_its_code", "\x88\x02\x03", false},
    {"close_in_a_payload", std::string("\x82\x02\x88\x00", 4)},
    {"first_byte_alone", "\x81", false},
    {"length_cut", std::string("\x82\x7E\x00", 3), false},
    {"mask_cut", "\x81\x82mas", false},
    {"mask_without_payload", "\x81\x82mask", false},
    {"payload_cut", "\x81\x05hell", false},
    {"reserved_bits_and_opcodes",
     "\xFF\x01"
     "a"},
    {"no_length_is_too_large", "\x82\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFx", false},
};
class FrameScannerTest : public testing::TestWithParam<FrameRow> {};

TEST_P(FrameScannerTest, tells_frames_apart_however_they_are_cut) {
  auto const& row = GetParam();
  for_each_split(row.bytes, [&](Pieces const& pieces) {
    FrameScanner scanner;
    for (auto const& piece : pieces) scanner.feed(view(piece));
    EXPECT_EQ(scanner.at_boundary(), row.at_boundary) << describe(pieces);
    EXPECT_EQ(scanner.closed(), row.closed) << describe(pieces);
  });
}
INSTANTIATE_TEST_SUITE_P(Rows, FrameScannerTest, testing::ValuesIn(kRows), kRowName);

TEST(FrameScannerTest, is_at_a_boundary_between_frames_alone) {
  std::string const frames =
      std::string("\x81\x82mask\x01\x02", 8) + std::string("\x89\x00", 2) + std::string("\x82\x7E\x00\x03", 4) + "abc";
  FrameScanner scanner;
  std::string boundaries;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    boundaries += scanner.at_boundary() ? std::to_string(i) + " " : "";
    scanner.feed(std::string_view(frames).substr(i, 1));
  }
  EXPECT_EQ(boundaries, "0 8 10 ");
  EXPECT_TRUE(scanner.at_boundary());
}

}  // namespace
}  // namespace inferway::http
