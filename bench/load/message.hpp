#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

/// What a load client and a model double need to know of a head.
struct Head {
  int status = 0;  ///< 0: a request
  std::uint64_t length = 0;
  bool has_length = false;
  bool chunked = false;
  bool close = false;
  bool retry_after = false;
  bool event_stream = false;
  bool websocket_accepted = false;  ///< Sec-WebSocket-Accept is the one that belongs to kWebSocketKey
};

constexpr std::string_view kWebSocketKey = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view kWebSocketAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// Takes HTTP/1.1 messages out of the bytes of a connection, one after the other, split wherever they are.
class MessageReader {
 public:
  enum class Step : std::uint8_t { need_more, head, body, done, bad };

  /// The next thing in `bytes`, which loses what it consists of. body: `part` is some of the body, without chunk
  /// framing.
  Step next(std::string_view& bytes);

  Head const& head() const { return head_; }
  std::string_view part() const { return part_; }
  /// Whether no byte of a message was seen since the last one ended.
  bool at_rest() const { return state_ == State::head && line_.empty(); }

 private:
  enum class State : std::uint8_t { head, body, chunk_size, chunk_data, chunk_end, last_end, ended };

  Step read_head(std::string_view& bytes);
  Step read_body(std::string_view& bytes, State then);
  Step read_chunk_size(std::string_view& bytes);
  bool take_line_end(std::string_view& bytes);
  bool parse_head(std::string_view text);
  void parse_field(std::string_view name, std::string_view value);

  State state_ = State::head;
  Head head_;
  std::string line_;  // a head, or a line of chunk framing, that has not come whole
  std::string_view part_;
  std::uint64_t left_ = 0;
  std::uint8_t line_end_seen_ = 0;
};

}  // namespace bench
