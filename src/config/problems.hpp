#pragma once

#include "inferway/config/loader.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace inferway::config {

/// Gathers what is wrong with a file, in the order of the file. Each kind is bounded, so that a file full of rubbish
/// stays readable; how many were left out is said in the last one.
class Problems {
 public:
  static constexpr std::size_t kMostOfAKind = 100;

  void error(Position position, std::string message) { errors_.add(position, std::move(message)); }
  void warning(Position position, std::string message) { warnings_.add(position, std::move(message)); }

  /// Further errors will only be counted.
  [[nodiscard]] bool full() const { return errors_.list.size() >= kMostOfAKind; }
  [[nodiscard]] bool refused() const { return !errors_.list.empty(); }

  /// Moves everything into `loaded`.
  void move_to(Loaded& loaded);

 private:
  struct Bounded {
    std::vector<Problem> list;
    std::size_t left_out = 0;

    void add(Position position, std::string message);
    std::vector<Problem> take();
  };

  Bounded errors_;
  Bounded warnings_;
};

}  // namespace inferway::config
