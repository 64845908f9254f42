#include "resumption.hpp"

#include <utility>

namespace inferway::proxy {

Resumption::Resumption(std::string call, std::uint32_t attempts, BufferedBytes& buffered, std::uint64_t limit,
                       telemetry::Shard& shard)
    : call_(std::move(call)), attempts_(attempts), buffered_(buffered), shard_(shard) {
  charged_ = call_.size();
  shard_.buffered_bytes.add(charged_);
  if (buffered_.held.fetch_add(charged_, std::memory_order_relaxed) + charged_ > limit) {
    give_up("request bodies held in memory reach limits.buffered_bytes");
  } else if (auto const why = dialect::resume_obstacle(call_); !why.empty()) {
    give_up(why);
  }
}

Resumption::~Resumption() { give_up({}); }

/// It will never be continued, so the memory goes back.
void Resumption::give_up(std::string_view why) {
  obstacle_ = why;
  buffered_.held.fetch_sub(charged_, std::memory_order_relaxed);
  shard_.buffered_bytes.sub(std::exchange(charged_, 0));
  call_ = {};
  continuation_ = {};
}

std::string_view Resumption::obstacle() const {
  if (!obstacle_.empty()) return obstacle_;
  if (attempts_ == 0) return "resume.attempts are used up";
  return transcript_.obstacle();
}

bool Resumption::finish(std::string& events) {
  if (!obstacle_.empty()) return false;
  if (transcript_.finished()) return true;
  if (!transcript_.resumable() || !dialect::is_exhausted(call_, transcript_)) return false;
  events = dialect::length_event(call_, transcript_);
  transcript_.finish();
  return true;
}

bool Resumption::lacks_usage() const {
  return attempts_ > 0 && dialect::lacks_usage(call_, transcript_) && !transcript_.prompt_tokens() &&
         transcript_.can_ask_for_usage();
}

Result<std::string_view> Resumption::continuation(std::string_view call, config::Resume mode) {
  --attempts_;
  auto body = dialect::continuation_body(call, transcript_, mode);
  if (!body) return std::unexpected(std::move(body.error()));
  continuation_ = std::move(*body);
  return continuation_;
}

void Resumption::continued() {
  resumed_.emplace(transcript_);
  reader_ = dialect::EventReader(http::StreamApi::openai_done);
  unfit_ = false;
}

/// In one piece of memory.
std::string_view Resumption::join(std::span<std::string_view const> run) {
  if (run.size() == 1) return run.front();
  joined_.clear();
  for (auto const piece : run) joined_.append(piece);
  return joined_;
}

std::span<std::string_view const> Resumption::pass_part(std::span<std::string_view const> part) {
  if (resumed_) {
    unfit_ = true;
    return {};
  }
  give_up("an event was too large");
  return part;
}

std::span<std::string_view const> Resumption::pass(std::span<std::string_view const> run) {
  if (run.empty() || !obstacle_.empty()) return run;
  reader_.feed(join(run));
  rewritten_.clear();
  while (auto const event = reader_.next()) {
    if (!resumed_) {
      transcript_.add(*event);
      continue;
    }
    if (dialect::classify(http::StreamApi::openai_done, *event) == dialect::EventKind::error) {
      unfit_ = true;  // another try may do better
      break;
    }
    auto const text = resumed_->rewrite(*event);
    if (resumed_->unfit()) {
      unfit_ = true;
      break;
    }
    rewritten_.append(text);
  }
  if (!resumed_) return run;
  out_ = rewritten_;
  return {&out_, out_.empty() ? 0U : 1U};
}

}  // namespace inferway::proxy
