// A chunked body: cut anywhere it is read alike, and what is accepted Beast reads alike.

#include "beast.hpp"
#include "fuzz.hpp"
#include "inferway/http/chunk_scanner.hpp"

namespace inferway::fuzz {

namespace {

using http::ChunkScanner;

struct Reading {
  bool refused = false;
  bool done = false;
  bool at_boundary = false;
  std::size_t size = 0;  ///< of the body with its framing
  std::string payload;
  bool operator==(Reading const&) const = default;
};

Reading read(Pieces const& pieces) {
  ChunkScanner scanner;
  Reading out;
  for (auto const& piece : pieces) {
    auto input = view(piece);
    while (!input.empty()) {
      auto const step = scanner.next(input);
      if (!step) return {.refused = true, .payload = {}};
      must(step->consumed <= input.size(), "no more is consumed than there is");
      must(step->what != ChunkScanner::What::need_more || step->consumed == input.size(), "need_more: all is used up");
      out.payload += step->data;
      out.size += step->consumed;
      input.remove_prefix(step->consumed);
      out.done = step->what == ChunkScanner::What::end;
      must(out.done == scanner.done(), "the end is the end");
      if (out.done) return out;
      must(step->consumed > 0, "each step gets on");
    }
  }
  out.at_boundary = scanner.at_chunk_boundary();
  return out;
}

}  // namespace

void one_input(std::string_view input) {
  static constexpr std::string_view kHead = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  auto const text = arrivals(input);
  auto const reading = read_alike(text, read);
  // Beast takes trailers for fields, and refuses those that would frame the body anew; we throw all of them away.
  auto const words = lower(text.whole);
  bool const frames_anew = words.contains("content-length") || words.contains("transfer-encoding") ||
                           words.contains("upgrade") || words.contains("connection");
  if (!reading.done || frames_anew) return;
  beast::http::request_parser<beast::http::string_body> parser;
  parser.eager(true);
  beast::error_code error;
  auto const message = std::string(kHead) + text.whole.substr(0, reading.size);
  auto const taken = put(parser, message, error);
  must(!error && parser.is_done(), "Beast accepts what we accept");
  must(taken == message.size(), "Beast sees the end where we do");
  must(parser.get().body() == reading.payload, "Beast reads the same payload");
}

}  // namespace inferway::fuzz
