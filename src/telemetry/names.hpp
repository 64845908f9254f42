#pragma once

#include "inferway/config/config.hpp"
#include "inferway/telemetry/numbering.hpp"
#include "inferway/telemetry/record.hpp"

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace inferway::telemetry {

/// Names of one kind, each with its number. They only become more, up to a bound: what comes beyond it shares one
/// number, so that reloads which name everything anew do not fill the memory.
class NameList {
 public:
  static constexpr std::size_t kMost = 100'000;
  static constexpr std::string_view kOthers = "(others)";

  explicit NameList(std::size_t most = kMost) : most_(most) {}
  [[nodiscard]] std::uint32_t number(std::string_view name);
  /// "" for a number that names nothing. The view lasts as long as the list.
  [[nodiscard]] std::string_view at(std::uint32_t number) const {
    return number < names_.size() ? std::string_view(names_[number]) : std::string_view();
  }
  [[nodiscard]] std::size_t size() const { return names_.size(); }

 private:
  std::size_t most_;
  std::deque<std::string> names_;  ///< a deque: the views into it stay right
  std::unordered_map<std::string_view, std::uint32_t> numbers_;
};

/// The names behind the numbers in records. "" for a number that names nothing: no route was found, no backend was
/// tried, no known key presented. Any thread; none of them a worker at a request.
class Names {
 public:
  Names() = default;
  explicit Names(config::Config const& config) { static_cast<void>(number(config)); }

  [[nodiscard]] Numbering number(config::Config const& config);

  [[nodiscard]] std::string_view route(std::uint32_t number) const { return at(routes_, number); }
  [[nodiscard]] std::string_view backend(std::uint32_t number) const { return at(backends_, number); }
  [[nodiscard]] std::string_view key(std::uint32_t number) const { return at(keys_, number); }
  /// The three of one record. The views last as long as this.
  struct Named {
    std::string_view route;
    std::string_view backend;
    std::string_view key;
  };
  [[nodiscard]] Named of(Record const& record) const {
    std::scoped_lock const lock(mutex_);
    return {.route = routes_.at(record.route), .backend = backends_.at(record.backend), .key = keys_.at(record.key)};
  }
  /// Of all that were ever configured, in the order in which they came.
  [[nodiscard]] std::vector<std::string_view> backends() const;

 private:
  [[nodiscard]] std::string_view at(NameList const& names, std::uint32_t number) const {
    std::scoped_lock const lock(mutex_);
    return names.at(number);
  }

  mutable std::mutex mutex_;
  NameList routes_;
  NameList backends_;
  NameList keys_;
};

/// For one thread that asks all the time: the lock is taken only for what it has not met before.
class MetNames {
 public:
  explicit MetNames(Names const& names) : names_(names) {}
  [[nodiscard]] Names::Named of(Record const& record) {
    return {.route = met(routes_, record.route, &Names::route),
            .backend = met(backends_, record.backend, &Names::backend),
            .key = met(keys_, record.key, &Names::key)};
  }

 private:
  using List = std::vector<std::string_view>;
  [[nodiscard]] std::string_view met(List& list, std::uint32_t number,
                                     std::string_view (Names::*find)(std::uint32_t) const) {
    if (number < list.size() && !list[number].empty()) return list[number];
    return number == kNoIndex ? std::string_view() : meet(list, number, (names_.*find)(number));
  }
  static std::string_view meet(List& list, std::uint32_t number, std::string_view name);

  Names const& names_;
  List routes_;
  List backends_;
  List keys_;
};

}  // namespace inferway::telemetry
