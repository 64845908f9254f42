#include "names.hpp"

namespace inferway::telemetry {

namespace {

template <typename Named>
std::vector<std::uint32_t> number_all(NameList& names, std::vector<Named> const& all) {
  std::vector<std::uint32_t> numbers;
  numbers.reserve(all.size());
  for (auto const& named : all) numbers.push_back(names.number(named.name));
  return numbers;
}

}  // namespace

std::uint32_t NameList::number(std::string_view name) {
  auto const known = numbers_.find(name);
  if (known != numbers_.end()) return known->second;
  if (names_.size() > most_) return static_cast<std::uint32_t>(most_);
  bool const full = names_.size() == most_;
  auto const number = static_cast<std::uint32_t>(names_.size());
  auto const& kept = names_.emplace_back(full ? kOthers : name);
  if (!full) numbers_.emplace(kept, number);
  return number;
}

/// There are no more numbers than names (NameList::kMost).
std::string_view MetNames::meet(List& list, std::uint32_t number, std::string_view name) {
  if (name.empty()) return name;
  if (number >= list.size()) list.resize(number + std::size_t{1});
  return list[number] = name;
}

Numbering Names::number(config::Config const& config) {
  std::scoped_lock const lock(mutex_);
  return {.routes = number_all(routes_, config.routes),
          .backends = number_all(backends_, config.backends),
          .keys = number_all(keys_, config.keys.static_keys)};
}

std::vector<std::string_view> Names::backends() const {
  std::scoped_lock const lock(mutex_);
  std::vector<std::string_view> out;
  out.reserve(backends_.size());
  for (std::size_t i = 0; i < backends_.size(); ++i) out.push_back(backends_.at(static_cast<std::uint32_t>(i)));
  return out;
}

}  // namespace inferway::telemetry
