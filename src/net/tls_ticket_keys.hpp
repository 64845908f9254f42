#pragma once

#include "inferway/base/clock.hpp"

#include <array>
#include <mutex>
#include <optional>

namespace inferway::net {

/// See make_ticket_keys().
class TlsTicketKeys {
 public:
  static constexpr Duration kLife = std::chrono::hours(12);

  struct Key {
    std::array<unsigned char, 16> name{};
    std::array<unsigned char, 32> cipher{};
    std::array<unsigned char, 32> mac{};

    Key() = default;
    Key(Key const&) = default;
    Key& operator=(Key const&) = default;
    ~Key();  ///< each copy is zeroed
  };

  /// The key for new tickets at that time.
  [[nodiscard]] Key current(TimePoint now);
  /// The key of that name; `fresh`: it is the current one. Nothing: it is too old, or not ours.
  struct Found {
    Key key;
    bool fresh = false;
  };
  [[nodiscard]] std::optional<Found> find(unsigned char const* name, TimePoint now);

 private:
  void renew(TimePoint now);

  std::mutex mutex_;
  Key current_;
  Key previous_;
  TimePoint made_{};
  bool has_previous_ = false;
};

}  // namespace inferway::net
