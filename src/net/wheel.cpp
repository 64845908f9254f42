#include "inferway/net/wheel.hpp"

#include <algorithm>
#include <bit>

namespace inferway::net {

std::uint64_t Wheel::tick_of(TimePoint time) const {
  // Never into the slot that was visited last: it comes round only after a whole turn.
  auto const earliest = current_ + 1;
  if (time <= origin_) return earliest;
  auto const tick = static_cast<std::uint64_t>((time - origin_ + kTick - Duration(1)) / kTick);
  return std::clamp(tick, earliest, current_ + kSlots - 1);
}

void Wheel::link(Deadline& deadline, std::uint64_t tick) {
  auto const slot = tick % kSlots;
  deadline.tick_ = static_cast<std::uint32_t>(tick);
  deadline.previous_ = nullptr;
  deadline.next_ = slots_[slot];
  if (deadline.next_ != nullptr) deadline.next_->previous_ = &deadline;
  slots_[slot] = &deadline;
  occupied_[slot / 64] |= 1ULL << (slot % 64);
  deadline.linked_ = true;
}

void Wheel::unlink(Deadline& deadline) {
  auto const slot = deadline.tick_ % kSlots;
  if (deadline.previous_ != nullptr) deadline.previous_->next_ = deadline.next_;
  if (deadline.next_ != nullptr) deadline.next_->previous_ = deadline.previous_;
  if (slots_[slot] == &deadline) slots_[slot] = deadline.next_;
  if (slots_[slot] == nullptr) occupied_[slot / 64] &= ~(1ULL << (slot % 64));
  deadline.next_ = deadline.previous_ = nullptr;
  deadline.linked_ = false;
}

void Wheel::advance(TimePoint now) {
  auto const reached = static_cast<std::uint64_t>((now - origin_) / kTick);
  if (reached <= current_) return;
  auto const steps = std::min<std::uint64_t>(reached - current_, kSlots);
  auto const first = reached - steps + 1;
  current_ = reached;
  for (auto tick = first; tick <= reached; ++tick) {
    if (slots_[tick % kSlots] != nullptr) visit(tick % kSlots, now);
  }
}

void Wheel::visit(std::size_t slot, TimePoint now) {
  auto* deadline = slots_[slot];
  while (deadline != nullptr) {
    auto* const next = deadline->next_;
    unlink(*deadline);
    if (deadline->at_ <= now) {
      deadline->expired_ = true;
      deadline->watcher_.notify();
    } else if (deadline->at_ != TimePoint::max()) {
      link(*deadline, tick_of(deadline->at_));
    }
    deadline = next;
  }
}

int Wheel::sleep_ms(TimePoint now) const {
  // The slots in the order in which they come, a word of the bitmap at a time.
  for (std::size_t ahead = 1; ahead <= kSlots;) {
    auto const slot = (current_ + ahead) % kSlots;
    auto const word = occupied_[slot / 64] >> (slot % 64);
    if (word != 0) {
      ahead += static_cast<std::size_t>(std::countr_zero(word));
      auto const due = origin_ + static_cast<Duration::rep>(current_ + ahead) * kTick;
      auto const left = std::chrono::ceil<std::chrono::milliseconds>(due - now).count();
      return static_cast<int>(std::max<std::int64_t>(left, 0));
    }
    ahead += 64 - slot % 64;
  }
  return -1;
}

void Deadline::arm(TimePoint at) {
  at_ = at;
  expired_ = false;
  if (at == TimePoint::max()) return;
  auto const tick = wheel_.tick_of(at);
  bool const later = static_cast<std::int32_t>(static_cast<std::uint32_t>(tick) - tick_) >= 0;
  if (linked_ && later) return;  // it is looked at again when its slot comes round
  unlink();
  wheel_.link(*this, tick);
}

void Deadline::unlink() {
  if (linked_) wheel_.unlink(*this);
}

}  // namespace inferway::net
