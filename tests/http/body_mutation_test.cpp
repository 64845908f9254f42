// Chunked bodies and event streams that are nearly right: how they are cut into pieces changes nothing.

#include "inferway/http/chunk_scanner.hpp"
#include "inferway/http/event_scanner.hpp"
#include "mutation.hpp"
#include "splits.hpp"

#include <gtest/gtest.h>

namespace inferway::http {
namespace {

constexpr int kRounds = 2'000;

/// Whole, in random pieces, and byte by byte.
std::vector<Pieces> cuts(std::string_view text, Mutator& random) {
  std::vector<Pieces> all(3);
  all[0].push_back(copy(text));
  for (char const c : text) all[2].push_back({c});
  while (!text.empty()) {
    auto const size = std::min(text.size(), 1 + random.below(12));
    all[1].push_back(copy(text.substr(0, size)));
    text.remove_prefix(size);
  }
  return all;
}

std::string scan_chunks(Pieces const& pieces) {
  ChunkScanner scanner;
  std::string payload;
  for (auto const& piece : pieces) {
    auto input = view(piece);
    while (!input.empty()) {
      auto const step = scanner.next(input);
      if (!step) return "refused";
      payload += step->data;
      input.remove_prefix(step->consumed);
      if (step->what == ChunkScanner::What::end) return payload + " end";
    }
  }
  return payload + (scanner.at_chunk_boundary() ? " at a boundary" : " open");
}

TEST(BodyMutationTest, chunks_are_read_alike_in_any_pieces) {
  static constexpr std::string_view kSeeds[] = {
      "5\r\nhello\r\n0\r\n\r\n",
      "a;x=y;z=\"q\\\"\"\r\n0123456789\r\n000\r\nX-Sum: 1\r\nY: 2\r\n\r\n",
      "1\r\na\r\n2\r\nbc\r\n0;end\r\n\r\n",
  };
  static constexpr std::string_view kWords[] = {"\r\n", "\r", "\n", "0", "f", ";", "=", "\"", "\\", " ", ":", "a"};
  Mutator mutator(kSeeds, kWords, 4);
  for (int round = 0; round < kRounds; ++round) {
    auto const text = mutator.next();
    auto const all = cuts(text, mutator);
    auto const whole = scan_chunks(all[0]);
    EXPECT_EQ(scan_chunks(all[1]), whole) << text;
    EXPECT_EQ(scan_chunks(all[2]), whole) << text;
  }
}

std::string scan_events(StreamApi api, Pieces const& pieces) {
  EventScanner scanner(api);
  std::size_t fed = 0;
  std::size_t complete = 0;
  for (auto const& piece : pieces) {
    auto const in_piece = scanner.feed(view(piece));
    if (in_piece > 0) complete = fed + in_piece;
    fed += piece.size();
  }
  return std::to_string(complete) + (scanner.finished() ? " finished" : "") + (scanner.failed() ? " failed" : "") +
         (scanner.at_boundary() ? " at a boundary" : "");
}

TEST(BodyMutationTest, events_are_read_alike_in_any_pieces) {
  static constexpr std::string_view kSeeds[] = {
      "data: {\"a\":1}\n\ndata: [DONE]\n\n",
      "event: message_stop\r\ndata: {\"type\":\"message_stop\"}\r\n\r\n",
      "data: {\"type\":\"error\",\"error\":{\"x\":[]}}\r\rdata: {\"error\":null}\n\n: c\n\n",
      "data: {\"candidates\":[{\"content\":{\"a\":\"finishReason\"},\"finishReason\":\"STOP\"}]}\r\n\r\n",
      "{\"response\":\"x\",\"done\":false}\n{\"done\":true}\n",
      "data: {\ndata: \"type\":\ndata: \"response.completed\"}\n\n",
  };
  static constexpr std::string_view kWords[] = {"\r\n",
                                                "\r",
                                                "\n",
                                                "\n\n",
                                                "data: ",
                                                "data",
                                                "event: ",
                                                ":",
                                                "error",
                                                "\"error\"",
                                                "\"",
                                                "\\",
                                                "{",
                                                "}",
                                                "[",
                                                "]",
                                                ",",
                                                "[DONE]",
                                                "null",
                                                "true",
                                                "\"done\":",
                                                "\"type\":\"error\"",
                                                "\xEF\xBB\xBF",
                                                "finishReason"};
  Mutator mutator(kSeeds, kWords, 5);
  for (int round = 0; round < kRounds; ++round) {
    auto const text = mutator.next() + mutator.next();
    auto const all = cuts(text, mutator);
    for (auto const api : {StreamApi::unknown, StreamApi::openai_done, StreamApi::openai_responses,
                           StreamApi::anthropic_messages, StreamApi::gemini_generate, StreamApi::ollama_lines}) {
      auto const whole = scan_events(api, all[0]);
      EXPECT_EQ(scan_events(api, all[1]), whole) << text;
      EXPECT_EQ(scan_events(api, all[2]), whole) << text;
    }
  }
}

}  // namespace
}  // namespace inferway::http
