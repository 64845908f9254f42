#include "buffered_body.hpp"

#include <algorithm>
#include <cstring>

namespace inferway::proxy {

BufferedBody::~BufferedBody() { release(); }

void BufferedBody::release() {
  pieces_.clear();
  spliced_.clear();
  blocks_.clear();
  if (charged_ == 0) return;
  buffered_.held.fetch_sub(charged_, std::memory_order_relaxed);
  shard_.buffered_bytes.sub(charged_);
  charged_ = 0;
}

Result<void> BufferedBody::make_room() {
  if (!blocks_.empty() && used_ < blocks_.back().size()) return {};
  // The first block is small: most bodies are. A block is charged when it is taken, that is when bytes are about to
  // fill it, never for what a Content-Length announces.
  auto const size = blocks_.empty() ? net::BlockPool::kSmall : net::BlockPool::kLarge;
  if (buffered_.held.fetch_add(size, std::memory_order_relaxed) + size > limit_) {
    buffered_.held.fetch_sub(size, std::memory_order_relaxed);
    shard_.buffered_bytes_refused.add();
    return std::unexpected(Error{ErrorCode::overloaded, Side::gateway, Retry::never,
                                 "request bodies held in memory reach limits.buffered_bytes"});
  }
  charged_ += size;
  shard_.buffered_bytes.add(size);
  blocks_.push_back(pool_.take(size));
  used_ = 0;
  return {};
}

Result<std::optional<std::string_view>> BufferedBody::read_some(server::Downstream& downstream) {
  bool const by_length = downstream.head().framing == http::BodyFraming::length;
  std::span<char> into;
  if (!blocks_.empty() || tried_) {
    if (auto const room = make_room(); !room) return std::unexpected(room.error());
    into = {blocks_.back().data() + used_, blocks_.back().size() - used_};
  }
  auto const read = downstream.read_body(into);
  if (!read) return std::unexpected(read.error());
  if (read->what == server::BodyRead::What::blocked) {
    // What came with the head is used up: from now on the socket is read straight into blocks.
    bool const again = by_length && !tried_;
    tried_ = true;
    if (again) return read_some(downstream);
    return std::nullopt;
  }
  whole_ = downstream.body_done();
  auto const data = read->data;
  bytes_ += data.size();
  if (!data.empty() && data.data() == into.data()) {
    used_ += data.size();
    pieces_.push_back(data);
  } else if (by_length) {
    pieces_.push_back(data);  // came with the head, and stays there while the request lasts
  } else if (auto const copied = copy(data); !copied) {
    return std::unexpected(copied.error());
  }
  return data;
}

/// Into blocks, as many as it takes.
Result<void> BufferedBody::copy(std::string_view data) {
  while (!data.empty()) {
    if (auto const room = make_room(); !room) return room;
    auto const size = std::min(data.size(), blocks_.back().size() - used_);
    char* const to = blocks_.back().data() + used_;
    std::memcpy(to, data.data(), size);
    pieces_.emplace_back(to, size);
    used_ += size;
    data.remove_prefix(size);
  }
  return {};
}

void BufferedBody::splice(std::uint64_t offset, std::uint64_t length, std::string_view value) {
  spliced_.clear();
  std::uint64_t at = 0;
  auto const end = offset + length;
  bool placed = false;
  for (auto const piece : pieces_) {
    auto const next = at + piece.size();
    if (at < offset) spliced_.push_back(piece.substr(0, static_cast<std::size_t>(std::min(next, offset) - at)));
    if (!placed && next >= offset) {
      spliced_.push_back(value);
      placed = true;
    }
    if (next > end) spliced_.push_back(piece.substr(static_cast<std::size_t>(std::max(at, end) - at)));
    at = next;
  }
  splice_bytes_ = bytes_ - length + value.size();
}

}  // namespace inferway::proxy
