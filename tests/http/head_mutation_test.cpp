// Heads that are nearly right: the parser stays within their bytes, and what it takes means the same when it is written
// anew. The seeds are fixed, so a failure comes again.

#include "mutation.hpp"
#include "read_head.hpp"

#include <gtest/gtest.h>

namespace inferway::http {
namespace {

constexpr int kRounds = 10'000;

template <typename Head>
std::string fields_of(Head const& head) {
  std::string text;
  for (auto const& field : head.fields) {
    text.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  return text + "\r\n";
}

std::string flags_of(RequestHead const& head) {
  std::string marks;
  for (auto const& field : head.fields) marks += field.hop_by_hop ? 'x' : '-';
  return marks + std::to_string(static_cast<int>(head.framing)) + ' ' + std::to_string(head.content_length) +
         (head.keep_alive ? " keep" : "") + (head.expect_continue ? " expect" : "") + (head.upgrade ? " up" : "") +
         ' ' + std::string(head.host) + ' ' + std::string(head.path) + '?' + std::string(head.query);
}

std::string flags_of(ResponseHead const& head) {
  std::string marks;
  for (auto const& field : head.fields) marks += field.hop_by_hop ? 'x' : '-';
  return marks + std::to_string(static_cast<int>(head.framing)) + ' ' + std::to_string(head.content_length) +
         (head.keep_alive ? " keep" : "") + (head.event_stream ? " events" : "") + (head.ndjson ? " lines" : "");
}

TEST(HeadMutationTest, an_accepted_request_means_the_same_when_written_anew) {
  Mutator mutator(kRequestSeeds, kHeadWords, 1);
  int accepted = 0;
  for (int round = 0; round < kRounds; ++round) {
    auto const text = copy(mutator.next());
    RequestHead head;
    if (!head.parse(view(text), {})) continue;
    ++accepted;
    auto const line = std::string(head.method) + " " + std::string(head.target) + " HTTP/1." +
                      std::to_string(head.minor_version) + "\r\n";
    auto const anew = line + fields_of(head);
    RequestHead again;
    ASSERT_TRUE(again.parse(anew, {})) << anew;
    EXPECT_EQ(flags_of(again), flags_of(head)) << anew;
    EXPECT_EQ(fields_of(again), fields_of(head)) << anew;
    auto const end = find_head_end(view(text), 0);
    ASSERT_TRUE(end) << "the search for the end is no stricter than the parser: " << view(text);
    EXPECT_EQ(end->size, text.size()) << view(text);
  }
  EXPECT_GT(accepted, kRounds / 20);
  EXPECT_LT(accepted, kRounds);
}

TEST(HeadMutationTest, an_accepted_answer_means_the_same_when_written_anew) {
  Mutator mutator(kResponseSeeds, kHeadWords, 2);
  int accepted = 0;
  for (int round = 0; round < kRounds; ++round) {
    auto const text = copy(mutator.next());
    ResponseHead head;
    if (!head.parse(view(text), {}, false)) continue;
    ++accepted;
    auto const line = "HTTP/1." + std::to_string(head.minor_version) + " " + std::to_string(head.status) + " " +
                      std::string(head.reason) + "\r\n";
    auto const anew = line + fields_of(head);
    ResponseHead again;
    ASSERT_TRUE(again.parse(anew, {}, false)) << anew;
    EXPECT_EQ(flags_of(again), flags_of(head)) << anew;
    EXPECT_EQ(fields_of(again), fields_of(head)) << anew;
  }
  EXPECT_GT(accepted, kRounds / 20);
  EXPECT_LT(accepted, kRounds);
}

/// No accepted head holds a byte that some reader takes for a line's end, or for a field's.
TEST(HeadMutationTest, an_accepted_request_holds_nothing_that_hides_a_line) {
  Mutator mutator(kRequestSeeds, kHeadWords, 3);
  for (int round = 0; round < kRounds; ++round) {
    auto const text = mutator.next();
    RequestHead head;
    if (!head.parse(text, {})) continue;
    std::string lines = text;
    for (std::size_t at = 0; (at = lines.find("\r\n", at)) != std::string::npos;) lines.erase(at, 2);
    EXPECT_EQ(lines.find_first_of(std::string_view("\r\n\0\v\f\x7F", 6)), std::string::npos) << text;
    for (auto const& field : head.fields) EXPECT_TRUE(is_token(field.name) && is_field_value(field.value)) << text;
    EXPECT_FALSE(head.find(FieldId::content_length) != nullptr && head.find(FieldId::transfer_encoding) != nullptr);
  }
}

}  // namespace
}  // namespace inferway::http
