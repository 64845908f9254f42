// RFC 9112, rule by rule, for what a backend sends: the bytes of a connection, what was asked on it, and the answers.
// The parts alone, with more rows each: response_head_test.cpp, chunk_scanner_test.cpp.

#include "inferway/http/chunk_scanner.hpp"
#include "inferway/http/head.hpp"
#include "splits.hpp"

#include <gtest/gtest.h>

#include <string>

namespace inferway::http {
namespace {

using namespace std::string_view_literals;

enum class Asked : std::uint8_t { get, head };

struct Row {
  char const* section;  ///< of RFC 9112, or "9110 ..."
  char const* name;
  std::string_view bytes;
  /// The status and "body" of each answer; then "bad", "close" where the connection ends with the last one, "..." where
  /// more has to come, or how many bytes are left, which belong to nobody.
  std::string_view want;
  Asked asked = Asked::get;
};

/// Takes the body off `rest` into `found`. False: it is broken or not whole, which `found` says.
bool take_body(ResponseHead const& head, std::string_view& rest, std::string& found) {
  std::string body;
  ChunkScanner chunks;
  switch (head.framing) {
    case BodyFraming::none: break;
    case BodyFraming::length:
      body = rest.substr(0, static_cast<std::size_t>(head.content_length));
      rest.remove_prefix(body.size());
      if (body.size() < head.content_length) found += "...";
      if (body.size() < head.content_length) return false;
      break;
    case BodyFraming::until_close:
      body = rest;
      rest = {};
      break;
    case BodyFraming::chunked:
      while (true) {
        auto const step = chunks.next(rest);
        bool const cut = step && step->what == ChunkScanner::What::need_more && step->consumed == rest.size();
        if (!step || cut) found += cut ? "..." : "bad";
        if (!step || cut) return false;
        rest.remove_prefix(step->consumed);
        body += step->data;
        if (step->what == ChunkScanner::What::end) break;
      }
  }
  found += std::to_string(head.status) + " \"" + body + "\" ";
  return true;
}

/// The interim answers and the final one, as an attempt reads them.
std::string answers_in(std::string_view rest, Asked asked) {
  std::string found;
  while (true) {
    auto const end = find_head_end(rest, 0);
    if (!end) return found + "bad";
    if (end->size == 0) return found + "...";
    ResponseHead head;
    if (!head.parse(rest.substr(0, end->size), {}, asked == Asked::head)) return found + "bad";
    rest.remove_prefix(end->size);
    if (!take_body(head, rest, found)) return found;
    if (head.status < 200) continue;
    if (!head.keep_alive) return found + "close";
    return rest.empty() ? found : found + std::to_string(rest.size());
  }
}

constexpr Row kAnswerRows[] = {
    {"4", "a_status_line", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "200 \"ok\" "},
    {"4", "no_reason", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "200 \"\" "},
    {"4", "no_space_before_no_reason", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "200 \"\" "},
    {"4", "two_digits", "HTTP/1.1 20 OK\r\n\r\n", "bad"},
    {"4", "four_digits", "HTTP/1.1 2000 OK\r\n\r\n", "bad"},
    {"4", "two_spaces", "HTTP/1.1  200 OK\r\n\r\n", "bad"},
    {"4", "a_control_in_the_reason", "HTTP/1.1 200 O\x07K\r\n\r\n", "bad"},
    {"4", "another_protocol", "ICY 200 OK\r\n\r\n", "bad"},
    {"2.2", "an_empty_line_in_front", "\r\nHTTP/1.1 200 OK\r\n\r\n", "bad"},
    {"2.2", "bare_lfs", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", "bad"},
    {"2.2", "a_bare_cr", "HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n", "bad"},
    {"2.3", "a_lower_case_version", "http/1.1 200 OK\r\n\r\n", "bad"},
    {"2.3", "version_2", "HTTP/2 200 OK\r\n\r\n", "bad"},
    {"5.1", "space_before_the_colon", "HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n", "bad"},
    {"5.2", "a_folded_line", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "bad"},
    {"6.1", "a_coding_and_a_length",
     "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "bad"},
    {"6.1", "a_coding_in_1_0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "bad"},
    {"6.1", "an_unknown_coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "bad"},
    {"6.1", "a_coding_on_204", "HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n", "204 \"\" close"},
    {"6.1", "a_coding_on_304", "HTTP/1.1 304 No\r\nTransfer-Encoding: chunked\r\n\r\n", "304 \"\" "},
    {"6.1", "a_coding_for_head", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "200 \"\" ", Asked::head},
    {"6.2", "a_length_on_204", "HTTP/1.1 204 No\r\nContent-Length: 3\r\n\r\nabc", "204 \"\" close"},
    {"6.2", "a_length_on_304", "HTTP/1.1 304 No\r\nContent-Length: 3\r\n\r\n", "304 \"\" "},
    {"6.2", "a_length_for_head", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", "200 \"\" ", Asked::head},
    {"6.3", "a_body_for_head", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "200 \"\" 3", Asked::head},
    {"6.3", "a_body_on_304", "HTTP/1.1 304 No\r\nContent-Length: 3\r\n\r\nabc", "304 \"\" 3"},
    {"6.3", "a_body_on_204", "HTTP/1.1 204 No\r\n\r\nabc", "204 \"\" 3"},
    {"6.3", "two_answers", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb",
     "200 \"a\" 39"},
    {"6.3", "lengths_that_differ", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "bad"},
    {"6.3", "lengths_that_are_equal", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na", "bad"},
    {"6.3", "a_list_of_lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\na", "bad"},
    {"6.3", "neither_is_until_the_end", "HTTP/1.1 200 OK\r\n\r\nabc", "200 \"abc\" close"},
    {"6.3", "neither_for_head", "HTTP/1.1 200 OK\r\n\r\n", "200 \"\" ", Asked::head},
    {"7.1", "chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "200 \"ok\" "},
    {"7.1", "bytes_behind_the_last_chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nab",
     "200 \"\" 2"},
    {"7.1", "a_size_that_is_none", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "bad"},
    {"7.1", "data_beyond_its_size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nok\r\n0\r\n\r\n", "bad"},
    {"7.1.1", "a_bare_lf_in_an_extension", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;a\nx\r\n0\r\n\r\n",
     "bad"},
    {"7.1.2", "a_trailer", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 3\r\n\r\n",
     "200 \"\" "},
    {"8", "a_length_that_is_not_reached", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", "..."},
    {"8", "chunks_without_the_last", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", "..."},
    {"9.3", "close", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\na", "200 \"a\" close"},
    {"9.3", "http_1_0", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", "200 \"a\" close"},
    {"9110 5.5", "a_nul_in_a_value", "HTTP/1.1 200 OK\r\nA: \0\r\n\r\n"sv, "bad"},
    {"9110 7.6.1", "connection_names_the_length",
     "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: content-length\r\n\r\na", "200 \"a\" "},
    {"9110 15", "status_099", "HTTP/1.1 099 No\r\n\r\n", "bad"},
    {"9110 15", "status_600", "HTTP/1.1 600 No\r\n\r\n", "bad"},
    {"9110 15.2", "interim_answers",
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
     "100 \"\" 103 \"\" 200 \"a\" "},
    {"9110 15.2", "an_interim_answer_alone", "HTTP/1.1 100 Continue\r\n\r\n", "100 \"\" ..."},
    {"9110 15.2", "an_interim_answer_with_a_body",
     "HTTP/1.1 100 Continue\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\n\r\n", "100 \"\" bad"},
};
class Rfc9112AnswersTest : public testing::TestWithParam<Row> {};

TEST_P(Rfc9112AnswersTest, are_what_the_rule_says) {
  EXPECT_EQ(answers_in(GetParam().bytes, GetParam().asked), GetParam().want) << "RFC section " << GetParam().section;
}
INSTANTIATE_TEST_SUITE_P(Rows, Rfc9112AnswersTest, testing::ValuesIn(kAnswerRows), kRowName);

}  // namespace
}  // namespace inferway::http
