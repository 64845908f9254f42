#include "arguments.hpp"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace bench {

void fail(std::string_view what) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(what.size()), what.data());
  std::_Exit(1);
}

Arguments::Arguments(int count, char** words) {
  if (count < 2) fail("what to do? (the first word says)");
  mode_ = words[1];
  for (int i = 2; i < count; i += 2) {
    std::string const name = words[i];
    if (!name.starts_with("--") || i + 1 == count) fail("not --name value: " + name);
    values_[name.substr(2)] = words[i + 1];
  }
}

std::string Arguments::text(std::string const& name, std::string const& fallback) {
  known_.insert(name);
  auto const found = values_.find(name);
  return found == values_.end() ? fallback : found->second;
}

std::int64_t Arguments::number(std::string const& name, std::int64_t fallback) {
  std::string const word = text(name);
  if (word.empty()) return fallback;
  std::int64_t value = 0;
  auto const [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) fail("--" + name + ": not a number: " + word);
  return value;
}

void Arguments::refuse_unknown() const {
  for (auto const& [name, value] : values_) {
    if (!known_.contains(name)) fail("unknown for " + mode_ + ": --" + name);
  }
}

std::string read_file(std::string const& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) fail("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace bench
