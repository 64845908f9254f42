#pragma once

#include <cstddef>
#include <random>
#include <span>
#include <string>
#include <string_view>

namespace inferway {

/// Makes texts of known ones: a few bytes changed, dropped, doubled, or put in from a list of telling ones. The same
/// seed makes the same texts everywhere (the engine is exact; the standard's distributions are not).
class Mutator {
 public:
  Mutator(std::span<std::string_view const> seeds, std::span<std::string_view const> words, std::uint32_t seed)
      : seeds_(seeds), words_(words), random_(seed) {}

  std::string next() {
    std::string text(seeds_[below(seeds_.size())]);
    for (auto left = 1 + below(3); left > 0 && !text.empty(); --left) change(text);
    return text;
  }

  std::size_t below(std::size_t bound) { return random_() % bound; }

 private:
  void change(std::string& text) {
    auto const at = below(text.size());
    auto const length = 1 + below(8);
    switch (below(5)) {
      case 0: text[at] = static_cast<char>(below(256)); break;
      case 1: text.erase(at, length); break;
      case 2: text.insert(below(text.size()), text.substr(at, length)); break;
      case 3: text.insert(at, words_[below(words_.size())]); break;
      default: text.replace(at, length, words_[below(words_.size())]); break;
    }
  }

  std::span<std::string_view const> seeds_;
  std::span<std::string_view const> words_;
  std::mt19937 random_;
};

inline constexpr std::string_view kRequestSeeds[] = {
    "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET /v1/models?limit=5 HTTP/1.0\r\nConnection: keep-alive, X-A\r\nX-A: b\r\n\r\n",
    "POST /v1/embeddings HTTP/1.1\r\nHost: api.example:8080\r\nContent-Type: a/b\r\nContent-Length: 120\r\n\r\n",
    "POST /a HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer k\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n",
    "POST /v1/messages HTTP/1.1\r\nHost: [::1]:80\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n",
    "OPTIONS http://x.example/ HTTP/1.1\r\nHost: y\r\nConnection: close\r\nTE: trailers\r\n\r\n",
    "GET /v1/realtime?model=m HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
};
inline constexpr std::string_view kResponseSeeds[] = {
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: application/json\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n",
    "HTTP/1.0 404 Not Found\r\nConnection: keep-alive\r\nContent-Length: 0\r\nX-Request-Id: r\r\n\r\n",
    "HTTP/1.1 100\r\n\r\n",
    "HTTP/1.1 503 \r\nRetry-After: 1\r\n\r\n",
};
inline constexpr std::string_view kHeadWords[] = {
    "\r\n",
    "\n",
    "\r",
    " ",
    "\t",
    ":",
    ",",
    ";",
    "\x7F",
    std::string_view("\0", 1),
    "\xA0",
    "chunked",
    "identity",
    "close",
    "keep-alive",
    "HTTP/1.1",
    "HTTP/1.0",
    "HTTP/2.0",
    "http://",
    "Host: g\r\n",
    "\r\nA: b",
    "\r\n c",
    "_",
    "#",
    "*",
    "+",
    "-",
    "0",
    "99999999",
    "Content-Length: 7\r\n",
    "\r\n\r\n",
    "HEAD",
    "head",
    "CONNECT",
    "Transfer-Encoding: chunked\r\n",
    "X: close\r\n",
    "Connection: host\r\n",
};

}  // namespace inferway
