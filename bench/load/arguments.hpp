#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace bench {

/// Ends the program with a message: these programs are driven by a script, which shows it.
[[noreturn]] void fail(std::string_view what);

/// A word that says what to do, then pairs of --name value.
class Arguments {
 public:
  Arguments(int count, char** words);

  std::string const& mode() const { return mode_; }
  std::string text(std::string const& name, std::string const& fallback = "");
  std::int64_t number(std::string const& name, std::int64_t fallback);

  /// To be called when everything known was asked for: what is left was misspelt.
  void refuse_unknown() const;

 private:
  std::string mode_;
  std::map<std::string, std::string> values_;
  std::set<std::string> known_;
};

/// The whole content of a file.
std::string read_file(std::string const& path);

}  // namespace bench
