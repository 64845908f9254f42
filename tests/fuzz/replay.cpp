// replay DIRECTORY...: feeds a target every file of its corpus, without libFuzzer; so ordinary builds run them, too.

#include "fuzz.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> files;
  for (auto const* const directory : std::vector<char const*>(argv + 1, argv + argc)) {
    for (auto const& entry : std::filesystem::directory_iterator(directory)) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  for (auto const& file : files) {
    std::ifstream in(file, std::ios::binary);
    std::string const text(std::istreambuf_iterator<char>(in), {});
    std::printf("%s: %zu bytes\n", file.c_str(), text.size());
    std::fflush(stdout);  // which file it was, if this one ends the process
    inferway::fuzz::one_input(text);
  }
  std::printf("%zu files\n", files.size());
  return files.empty() ? 1 : 0;
}
